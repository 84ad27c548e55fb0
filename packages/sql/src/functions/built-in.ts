import { byOffsetFunctions } from './aggregate/by-offset.ts';
import { collectionFunctions } from './aggregate/collections.ts';
import { countDistinctFunctions } from './aggregate/count-distinct.ts';
import { extremeFunctions } from './aggregate/extremes.ts';
import { percentileFunctions } from './aggregate/percentiles.ts';
import { statisticsFunctions } from './aggregate/statistics.ts';
import { sumAndCountFunctions } from './aggregate/sum-and-count.ts';
import { FunctionRegistry } from './function-registry.ts';
import { arrayFunctions } from './scalar/arrays.ts';
import { caseAndTrimFunctions } from './scalar/case-and-trim.ts';
import { conditionalFunctions } from './scalar/conditional.ts';
import { dateAndTimeFunctions } from './scalar/dates-and-times.ts';
import { encodingFunctions } from './scalar/encodings.ts';
import { geoDistanceFunctions } from './scalar/geo-distance.ts';
import { joinAndPadFunctions } from './scalar/join-and-pad.ts';
import { jsonFunctions } from './scalar/json.ts';
import { lambdaFunctions } from './scalar/lambdas.ts';
import { mapFunctions } from './scalar/maps.ts';
import { maskFunctions } from './scalar/mask.ts';
import { regularExpressionFunctions } from './scalar/regular-expressions.ts';
import { roundingFunctions } from './scalar/rounding.ts';
import { substringAndSearchFunctions } from './scalar/substring-and-search.ts';
import { trigonometryFunctions } from './scalar/trigonometry.ts';
import { urlFunctions } from './scalar/urls.ts';
import { wordFunctions } from './scalar/words.ts';
import { tableFunctions } from './table/explode.ts';

/** A registry of its own with all functions of the language, to which user functions can be added. */
export function builtInFunctions(): FunctionRegistry {
  return new FunctionRegistry([
    ...caseAndTrimFunctions,
    ...substringAndSearchFunctions,
    ...wordFunctions,
    ...joinAndPadFunctions,
    ...maskFunctions,
    ...encodingFunctions,
    ...regularExpressionFunctions,
    ...urlFunctions,
    ...jsonFunctions,
    ...trigonometryFunctions,
    ...roundingFunctions,
    ...conditionalFunctions,
    ...geoDistanceFunctions,
    ...dateAndTimeFunctions,
    ...arrayFunctions,
    ...mapFunctions,
    ...lambdaFunctions,
    ...sumAndCountFunctions,
    ...statisticsFunctions,
    ...percentileFunctions,
    ...extremeFunctions,
    ...collectionFunctions,
    ...countDistinctFunctions,
    ...byOffsetFunctions,
    ...tableFunctions,
  ]);
}
