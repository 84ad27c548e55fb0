import { compileDateFormat, type ReadDate, writeDate } from '../dates/date-format.ts';
import { zoneOf } from '../dates/time-zone.ts';
import { PipelineError } from '../pipeline-error.ts';
import { compileTemplate } from '../template.ts';
import { fieldValue, type ProcessorFactory, valueError } from './processor.ts';

const readersMax = 100;

/** `date`: the first of `formats` that fits; written as `output_format` in the zone. */
export const date: ProcessorFactory = (config, context) => {
  const field = config.path('field');
  const target = config.path('target_field', '@timestamp');
  const formats = config.texts('formats');
  if (formats === undefined || formats.length === 0) throw config.error('formats', 'required property is missing');
  const zoneTemplate = config.has('timezone') ? config.template('timezone') : compileTemplate('UTC');
  const localeTemplate = config.has('locale') ? config.template('locale') : compileTemplate('en');
  const output = config.text('output_format', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  writeDate(0, () => 0, output);
  const readers = new Map<string, ReadDate[]>();
  const readersOf = (locale: string): ReadDate[] => {
    let made = readers.get(locale);
    if (made === undefined) {
      try {
        made = formats.map((format) =>
          compileDateFormat(
            format,
            /^(root|english|)$/i.test(locale) ? 'en' : locale.replaceAll('_', '-').toLowerCase(),
          ),
        );
      } catch (error) {
        if (error instanceof RangeError)
          throw new PipelineError('HW_PIPELINE_VALUE', `there is no locale [${locale}]`, { field: 'locale' });
        throw error;
      }
      if (readers.size < readersMax) readers.set(locale, made);
    }
    return made;
  };
  if (localeTemplate.isConstant) readersOf(localeTemplate.text);
  if (zoneTemplate.isConstant && zoneOf(zoneTemplate.text) === undefined)
    throw config.error('timezone', `there is no time zone [${zoneTemplate.text}]`);
  return (document) => {
    const value = fieldValue(document, field, false);
    const text = String(value);
    const zoneId = zoneTemplate.render(document) || 'UTC';
    const zone = zoneOf(zoneId);
    if (zone === undefined) throw valueError(`there is no time zone [${zoneId.slice(0, 100)}]`, field);
    for (const read of readersOf(localeTemplate.render(document))) {
      const ms = read(text, zone, context.nowMs());
      if (ms === undefined || Math.abs(ms) > 8.64e15) continue;
      document.set(target, writeDate(ms, zone, output));
      return;
    }
    throw valueError(`unable to parse date [${text.slice(0, 200)}]`, field);
  };
};
