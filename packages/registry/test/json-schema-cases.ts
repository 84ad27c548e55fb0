import type { SchemaPair } from './avro-cases.ts';

/** Pairs of JSON Schemas, of which the second one may or may not follow the first, by the rules that Confluent states. */
export interface JsonSchemaPair extends SchemaPair {
  isCompatible: boolean;
  /** The rule that is broken. */
  rule?: string;
  /** What Apicurio Registry 3.3.3 says where it says something else, and why it does; null where it answers with an error. */
  apicurio?: { isCompatible: boolean | null; why: string };
}

type Schema = object | boolean;
type Row = readonly [name: string, rule: string | null, earlier: object, next: object];

/** Apicurio takes nothing for a JSON Schema that does not say so itself. */
const of7 = { $schema: 'http://json-schema.org/draft-07/schema#' };
const of2020 = { $schema: 'https://json-schema.org/draft/2020-12/schema' };
const text = { type: 'string' };
const integer = { type: 'integer' };
const number = { type: 'number' };
const open = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const closed = (properties: object, more: object = {}) => open(properties, { additionalProperties: false, ...more });
const partly = (additionalProperties: Schema, properties: object, more: object = {}) =>
  open(properties, { additionalProperties, ...more });
const tuple = (items: Schema[], more: object = {}) => ({ type: 'array', items, ...more });
const anyOf = (...members: Schema[]) => ({ anyOf: members });
const oneOf = (...members: Schema[]) => ({ oneOf: members });
const allOf = (...members: Schema[]) => ({ allOf: members });

const openContent: readonly Row[] = [
  ['nothing changes', null, open({ a: text }), open({ a: text })],
  [
    'a property comes to an open object',
    'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: text }),
    open({ a: text, b: text }),
  ],
  ['a property of any value comes to an open object', null, open({ a: text }), open({ a: text, b: true })],
  ['a property with an empty schema comes to an open object', null, open({ a: text }), open({ a: text, b: {} })],
  [
    'a required property comes to an open object',
    'REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: text }),
    open({ a: text, b: text }, { required: ['b'] }),
  ],
  [
    'a required property with a default comes to an open object',
    'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: text }),
    open({ a: text, b: { ...text, default: '' } }, { required: ['b'] }),
  ],
  ['a property goes from an open object', null, open({ a: text, b: text }), open({ a: text })],
  [
    'a required property goes from an open object',
    null,
    open({ a: text, b: text }, { required: ['b'] }),
    open({ a: text }),
  ],
  [
    'a property is renamed in an open object',
    'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: text }),
    open({ b: text }),
  ],
  ['properties change places', null, open({ a: text, b: integer }), open({ b: integer, a: text })],
  ['additionalProperties true is the same as none', null, open({ a: text }), partly(true, { a: text })],
  ['an object closes', 'ADDITIONAL_PROPERTIES_REMOVED', open({ a: text }), closed({ a: text })],
  [
    'an object closes for all but texts',
    'ADDITIONAL_PROPERTIES_NARROWED',
    open({ a: text }),
    partly(text, { a: text }),
  ],
  [
    'a property comes while the object closes',
    'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: text }),
    closed({ a: text, b: text }),
  ],
  [
    'an inner object gets a property',
    'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    open({ a: open({}) }),
    open({ a: open({ b: text }) }),
  ],
  ['an inner object loses a property', null, open({ a: open({ b: text }) }), open({ a: open({}) })],
];

const closedContent: readonly Row[] = [
  ['a property comes to a closed object', null, closed({ a: text }), closed({ a: text, b: text })],
  [
    'a required property comes to a closed object',
    'REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL',
    closed({ a: text }),
    closed({ a: text, b: text }, { required: ['b'] }),
  ],
  [
    'a required property with a default comes to a closed object',
    null,
    closed({ a: text }),
    closed({ a: text, b: { ...text, default: 'x' } }, { required: ['b'] }),
  ],
  [
    'a property goes from a closed object',
    'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    closed({ a: text, b: text }),
    closed({ a: text }),
  ],
  ['a property that could not be goes from a closed object', null, closed({ a: text, b: false }), closed({ a: text })],
  ['a closed object opens', null, closed({ a: text }), open({ a: text })],
  ['a closed object opens for texts', null, closed({ a: text }), partly(text, { a: text })],
  ['a property goes while the object opens', null, closed({ a: text, b: text }), open({ a: text })],
  [
    'a property is renamed in a closed object',
    'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    closed({ a: text }),
    closed({ b: text }),
  ],
  ['an inner closed object gets a property', null, open({ a: closed({}) }), open({ a: closed({ b: text }) })],
];

const partlyOpenContent: readonly Row[] = [
  ['a property comes that the rest allowed', null, partly(text, { a: text }), partly(text, { a: text, b: text })],
  [
    'a property comes that is narrower than the rest',
    'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    partly(text, { a: text }),
    partly(text, { a: text, b: { ...text, maxLength: 3 } }),
  ],
  [
    'a property comes of another type than the rest',
    'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    partly(text, { a: text }),
    partly(text, { a: text, b: integer }),
  ],
  ['a wider property comes', null, partly(integer, { a: text }), partly(integer, { a: text, b: number })],
  ['a property goes that the rest allows', null, partly(text, { a: text, b: text }), partly(text, { a: text })],
  [
    'a property goes that the rest does not allow',
    'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    partly(text, { a: text, b: integer }),
    partly(text, { a: text }),
  ],
  ['the rest gets wider', null, partly(integer, { a: text }), partly(number, { a: text })],
  ['the rest gets narrower', 'TYPE_NARROWED', partly(number, { a: text }), partly(integer, { a: text })],
  ['the rest opens', null, partly(text, { a: text }), open({ a: text })],
  ['the rest closes', 'ADDITIONAL_PROPERTIES_REMOVED', partly(text, { a: text }), closed({ a: text })],
  [
    'a property comes that a pattern covered',
    null,
    open({}, { patternProperties: { '^x-': text }, additionalProperties: false }),
    open({ 'x-a': text }, { patternProperties: { '^x-': text }, additionalProperties: false }),
  ],
  [
    'a property comes that a pattern covered with another type',
    'TYPE_CHANGED',
    open({}, { patternProperties: { '^x-': text }, additionalProperties: false }),
    open({ 'x-a': integer }, { patternProperties: { '^x-': text }, additionalProperties: false }),
  ],
  [
    'a required property comes that the rest allowed',
    'REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL',
    partly(text, { a: text }),
    partly(text, { a: text, b: text }, { required: ['b'] }),
  ],
];

const required: readonly Row[] = [
  [
    'a property becomes required',
    'REQUIRED_ATTRIBUTE_ADDED',
    open({ a: text }),
    open({ a: text }, { required: ['a'] }),
  ],
  [
    'a property with a default becomes required',
    null,
    open({ a: text }),
    open({ a: { ...text, default: '' } }, { required: ['a'] }),
  ],
  ['a property becomes optional', null, open({ a: text }, { required: ['a'] }), open({ a: text })],
  ['required of what has no schema', null, open({ a: text }), open({ a: text }, { required: ['z'] })],
  ['a default changes', null, open({ a: { ...text, default: 'x' } }), open({ a: { ...text, default: 'y' } })],
  ['a default goes', null, open({ a: { ...text, default: 'x' } }), open({ a: text })],
  ['fewer properties may be there', null, open({}, { minProperties: 2 }), open({}, { minProperties: 1 })],
  [
    'more properties must be there',
    'MIN_PROPERTIES_INCREASED',
    open({}, { minProperties: 1 }),
    open({}, { minProperties: 2 }),
  ],
  ['a least number of properties comes', 'MIN_PROPERTIES_ADDED', open({}), open({}, { minProperties: 1 })],
  ['a greatest number of properties comes', 'MAX_PROPERTIES_ADDED', open({}), open({}, { maxProperties: 9 })],
  ['a greatest number of properties goes', null, open({}, { maxProperties: 9 }), open({})],
  [
    'a greatest number of properties shrinks',
    'MAX_PROPERTIES_DECREASED',
    open({}, { maxProperties: 9 }),
    open({}, { maxProperties: 8 }),
  ],
  [
    'a dependency comes',
    'DEPENDENCY_ARRAY_ADDED',
    open({ a: text }),
    open({ a: text }, { dependencies: { a: ['b'] } }),
  ],
  ['a dependency goes', null, open({ a: text }, { dependencies: { a: ['b'] } }), open({ a: text })],
  [
    'a dependency asks for more',
    'DEPENDENCY_ARRAY_EXTENDED',
    open({}, { dependencies: { a: ['b'] } }),
    open({}, { dependencies: { a: ['b', 'c'] } }),
  ],
  [
    'a dependency asks for less',
    null,
    open({}, { dependencies: { a: ['b', 'c'] } }),
    open({}, { dependencies: { a: ['b'] } }),
  ],
  [
    'a dependency asks for another property',
    'DEPENDENCY_ARRAY_CHANGED',
    open({}, { dependencies: { a: ['b'] } }),
    open({}, { dependencies: { a: ['c'] } }),
  ],
  [
    'a dependency on a schema comes',
    'DEPENDENCY_SCHEMA_ADDED',
    open({}),
    open({}, { dependencies: { a: { required: ['b'] } } }),
  ],
  ['a dependency on a schema goes', null, open({}, { dependencies: { a: { required: ['b'] } } }), open({})],
];

const scalars: readonly Row[] = [
  ['texts may be longer', null, { ...text, maxLength: 5 }, { ...text, maxLength: 6 }],
  ['texts must be shorter', 'MAX_LENGTH_DECREASED', { ...text, maxLength: 6 }, { ...text, maxLength: 5 }],
  ['a greatest length comes', 'MAX_LENGTH_ADDED', text, { ...text, maxLength: 5 }],
  ['a greatest length goes', null, { ...text, maxLength: 5 }, text],
  ['texts may be shorter', null, { ...text, minLength: 5 }, { ...text, minLength: 4 }],
  ['texts must be longer', 'MIN_LENGTH_INCREASED', { ...text, minLength: 4 }, { ...text, minLength: 5 }],
  ['a least length comes', 'MIN_LENGTH_ADDED', text, { ...text, minLength: 1 }],
  ['a least length goes', null, { ...text, minLength: 1 }, text],
  ['a pattern comes', 'PATTERN_ADDED', text, { ...text, pattern: '^a' }],
  ['a pattern goes', null, { ...text, pattern: '^a' }, text],
  ['a pattern changes', 'PATTERN_CHANGED', { ...text, pattern: '^a' }, { ...text, pattern: '^[ab]' }],
  ['a format comes', null, text, { ...text, format: 'date-time' }],
  ['a format changes', null, { ...text, format: 'uuid' }, { ...text, format: 'email' }],
  ['numbers may be greater', null, { ...number, maximum: 5 }, { ...number, maximum: 5.5 }],
  ['numbers must be smaller', 'MAXIMUM_DECREASED', { ...number, maximum: 5.5 }, { ...number, maximum: 5 }],
  ['a maximum comes', 'MAXIMUM_ADDED', number, { ...number, maximum: 5 }],
  ['a maximum goes', null, { ...number, maximum: 5 }, number],
  ['numbers may be smaller', null, { ...number, minimum: 0 }, { ...number, minimum: -1 }],
  ['numbers must be greater', 'MINIMUM_INCREASED', { ...number, minimum: -1 }, { ...number, minimum: 0 }],
  ['a minimum comes', 'MINIMUM_ADDED', number, { ...number, minimum: 0 }],
  ['a minimum goes', null, { ...number, minimum: 0 }, number],
  ['an exclusive maximum comes', 'EXCLUSIVE_MAXIMUM_ADDED', number, { ...number, exclusiveMaximum: 5 }],
  ['an exclusive maximum grows', null, { ...number, exclusiveMaximum: 5 }, { ...number, exclusiveMaximum: 6 }],
  ['an exclusive minimum comes', 'EXCLUSIVE_MINIMUM_ADDED', number, { ...number, exclusiveMinimum: 5 }],
  [
    'an exclusive minimum grows',
    'EXCLUSIVE_MINIMUM_INCREASED',
    { ...number, exclusiveMinimum: 5 },
    { ...number, exclusiveMinimum: 6 },
  ],
  ['an exclusive minimum shrinks', null, { ...number, exclusiveMinimum: 6 }, { ...number, exclusiveMinimum: 5 }],
  ['multipleOf comes', 'MULTIPLE_OF_ADDED', number, { ...number, multipleOf: 2 }],
  ['multipleOf goes', null, { ...number, multipleOf: 2 }, number],
  ['multipleOf is divided', null, { ...number, multipleOf: 6 }, { ...number, multipleOf: 3 }],
  ['multipleOf is multiplied', 'MULTIPLE_OF_EXPANDED', { ...number, multipleOf: 3 }, { ...number, multipleOf: 6 }],
  ['multipleOf is another number', 'MULTIPLE_OF_CHANGED', { ...number, multipleOf: 4 }, { ...number, multipleOf: 6 }],
  ['multipleOf of a fraction is divided', null, { ...number, multipleOf: 0.3 }, { ...number, multipleOf: 0.1 }],
  ['an enum gets a value', null, { enum: ['a', 'b'] }, { enum: ['a', 'b', 'c'] }],
  ['an enum loses a value', 'ENUM_ARRAY_NARROWED', { enum: ['a', 'b'] }, { enum: ['a'] }],
  ['an enum gets one value for another', 'ENUM_ARRAY_CHANGED', { enum: ['a', 'b'] }, { enum: ['a', 'c'] }],
  ['an enum has its values in another order', null, { enum: ['a', 'b'] }, { enum: ['b', 'a'] }],
  ['an enum of objects in another order', null, { enum: [{ a: 1, b: 2 }] }, { enum: [{ b: 2, a: 1 }] }],
  ['an enum with a type gets a value', null, { ...text, enum: ['a'] }, { ...text, enum: ['a', 'b'] }],
  ['an enum goes, its type stays', null, { ...text, enum: ['a'] }, text],
  ['an enum comes to a type', 'TYPE_CHANGED', text, { ...text, enum: ['a'] }],
  ['a const stays', null, { const: { a: [1] } }, { const: { a: [1] } }],
  ['a const changes', 'ENUM_ARRAY_CHANGED', { const: 1 }, { const: 2 }],
  ['title and description change', null, { ...text, title: 'a', description: 'b' }, { ...text, title: 'c' }],
  ['$id changes', null, { ...text, $id: 'https://example.com/a' }, { ...text, $id: 'https://example.com/b' }],
  ['$comment and examples come', null, text, { ...text, $comment: 'x', examples: ['y'] }],
  ['all values are allowed', null, closed({ a: text }), closed({ a: true })],
  ['all values were allowed', 'TYPE_CHANGED', closed({ a: true }), closed({ a: text })],
  ['no value is allowed', 'TYPE_CHANGED', closed({ a: text }), closed({ a: false })],
  ['no value was allowed', null, closed({ a: false }), closed({ a: text })],
  ['an empty schema takes all', null, open({ a: text }), open({ a: {} })],
  ['not forbids less', null, { not: number }, { not: integer }],
  ['not forbids more', 'NOT_TYPE_EXTENDED', { not: integer }, { not: number }],
];

const arrays: readonly Row[] = [
  ['items get wider', null, { type: 'array', items: integer }, { type: 'array', items: number }],
  ['items get narrower', 'TYPE_NARROWED', { type: 'array', items: number }, { type: 'array', items: integer }],
  ['items get a schema', 'SCHEMA_ADDED', { type: 'array' }, { type: 'array', items: integer }],
  ['items lose their schema', null, { type: 'array', items: integer }, { type: 'array' }],
  ['arrays may be longer', null, { type: 'array', maxItems: 1 }, { type: 'array', maxItems: 2 }],
  ['arrays must be shorter', 'MAX_ITEMS_DECREASED', { type: 'array', maxItems: 2 }, { type: 'array', maxItems: 1 }],
  ['a greatest length of arrays comes', 'MAX_ITEMS_ADDED', { type: 'array' }, { type: 'array', maxItems: 1 }],
  ['a least length of arrays comes', 'MIN_ITEMS_ADDED', { type: 'array' }, { type: 'array', minItems: 1 }],
  ['a least length of arrays shrinks', null, { type: 'array', minItems: 2 }, { type: 'array', minItems: 1 }],
  ['items must differ', 'UNIQUE_ITEMS_ADDED', { type: 'array' }, { type: 'array', uniqueItems: true }],
  ['items need not differ', null, { type: 'array', uniqueItems: true }, { type: 'array' }],
  ['an item comes to an open tuple', 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL', tuple([text]), tuple([text, text])],
  ['an item of any value comes to an open tuple', null, tuple([text]), tuple([text, true])],
  ['an item goes from an open tuple', null, tuple([text, text]), tuple([text])],
  [
    'an item comes to a closed tuple',
    null,
    tuple([text], { additionalItems: false }),
    tuple([text, text], { additionalItems: false }),
  ],
  [
    'an item goes from a closed tuple',
    'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    tuple([text, text], { additionalItems: false }),
    tuple([text], { additionalItems: false }),
  ],
  [
    'an item comes that the rest of the tuple allowed',
    null,
    tuple([text], { additionalItems: integer }),
    tuple([text, number], { additionalItems: integer }),
  ],
  [
    'an item comes that the rest of the tuple does not cover',
    'TYPE_CHANGED',
    tuple([text], { additionalItems: integer }),
    tuple([text, text], { additionalItems: integer }),
  ],
  [
    'an item goes that the rest of the tuple does not allow',
    'TYPE_CHANGED',
    tuple([text, text], { additionalItems: integer }),
    tuple([text], { additionalItems: integer }),
  ],
  ['a tuple closes', 'ADDITIONAL_ITEMS_REMOVED', tuple([text]), tuple([text], { additionalItems: false })],
  ['a tuple opens', null, tuple([text], { additionalItems: false }), tuple([text])],
  [
    'the rest of a tuple gets a schema',
    'ADDITIONAL_ITEMS_NARROWED',
    tuple([text]),
    tuple([text], { additionalItems: text }),
  ],
  ['items of a tuple change places', 'TYPE_CHANGED', tuple([text, integer]), tuple([integer, text])],
];

const combinations: readonly Row[] = [
  ['a member comes to oneOf', null, oneOf(text, integer), oneOf(text, integer, { type: 'boolean' })],
  ['a member goes from oneOf', 'SUM_TYPE_NARROWED', oneOf(text, integer, { type: 'boolean' }), oneOf(text, integer)],
  ['a member comes to anyOf', null, anyOf(text, integer), anyOf(text, integer, { type: 'null' })],
  ['a member goes from anyOf', 'SUM_TYPE_NARROWED', anyOf(text, integer, { type: 'null' }), anyOf(text, integer)],
  ['members of oneOf change places', null, oneOf(text, integer), oneOf(integer, text)],
  ['a member of oneOf gets wider', null, oneOf(text, integer), oneOf(text, number)],
  ['a member of oneOf gets narrower', 'COMBINED_TYPE_SUBSCHEMAS_CHANGED', oneOf(text, number), oneOf(text, integer)],
  [
    'a member of oneOf is another one',
    'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
    oneOf(text, integer),
    oneOf(text, { type: 'null' }),
  ],
  [
    'a member comes to allOf',
    'PRODUCT_TYPE_EXTENDED',
    allOf(open({ a: text }), open({})),
    allOf(open({ a: text }), open({}), { required: ['a'] }),
  ],
  ['a member goes from allOf', null, allOf(open({ a: text }), { minProperties: 1 }), allOf(open({ a: text }))],
  ['allOf becomes its member', null, allOf(open({ a: text }), { minProperties: 1 }), open({ a: text })],
  ['a schema becomes a member of oneOf', null, text, oneOf(text, integer)],
  ['a schema becomes a member of anyOf', null, text, anyOf({ type: 'null' }, text)],
  ['a schema becomes one of a single member', null, text, allOf(text)],
  ['oneOf becomes one of its members', 'TYPE_CHANGED', oneOf(text, integer), text],
  ['oneOf of a single member becomes it', null, oneOf(text), text],
  ['oneOf becomes anyOf', null, oneOf(text, integer), anyOf(text, integer)],
  ['anyOf becomes oneOf', 'COMBINED_TYPE_CHANGED', anyOf(text, integer), oneOf(text, integer)],
  ['allOf becomes anyOf', null, allOf({ minLength: 1 }, { maxLength: 3 }), anyOf({ minLength: 1 }, { maxLength: 3 })],
  [
    'anyOf becomes allOf',
    'COMBINED_TYPE_CHANGED',
    anyOf({ minLength: 1 }, { maxLength: 3 }),
    allOf({ minLength: 1 }, { maxLength: 3 }),
  ],
  ['null is allowed too', null, open({ a: text }), open({ a: { type: ['string', 'null'] } })],
  ['null is not allowed any more', 'TYPE_CHANGED', open({ a: { type: ['string', 'null'] } }), open({ a: text })],
  ['a list of types has another order', null, { type: ['string', 'null'] }, { type: ['null', 'string'] }],
  [
    'a list of types becomes oneOf',
    'COMBINED_TYPE_CHANGED',
    { type: ['string', 'null'] },
    oneOf(text, { type: 'null' }),
  ],
  ['oneOf becomes a list of types', null, oneOf(text, { type: 'null' }), { type: ['string', 'null'] }],
  ['the same member twice counts once', null, oneOf(text, text, integer), oneOf(text, integer)],
  [
    'objects in oneOf get a property each',
    'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
    oneOf(open({ a: text }), open({ b: text })),
    oneOf(open({ a: text, x: text }), open({ b: text, x: text })),
  ],
  [
    'closed objects in oneOf get a property each',
    null,
    oneOf(closed({ a: text }), closed({ b: text })),
    oneOf(closed({ a: text, x: text }), closed({ b: text, x: text })),
  ],
];

const node = (value: object) => ({
  $ref: '#/definitions/node',
  definitions: { node: open({ value, next: { $ref: '#/definitions/node' } }) },
});
const references: readonly Row[] = [
  ['a definition gets another name', null, defined('a', text), defined('b', text)],
  ['a definition gets wider', null, defined('a', integer), defined('a', number)],
  ['a definition gets narrower', 'TYPE_NARROWED', defined('a', number), defined('a', integer)],
  ['a schema becomes a reference', null, open({ p: text }), defined('a', text)],
  ['a reference becomes a schema', null, defined('a', text), open({ p: text })],
  ['a list gets wider', null, node(integer), node(number)],
  ['a list gets narrower', 'TYPE_NARROWED', node(number), node(integer)],
  [
    'a definition that nothing uses changes',
    null,
    { ...text, definitions: { a: text } },
    { ...text, definitions: { a: integer } },
  ],
];

function defined(name: string, schema: object): object {
  return { ...open({ p: { $ref: `#/definitions/${name}` } }), definitions: { [name]: schema } };
}

const later = (schema: object) => ({ ...of2020, ...schema });
const prefix = (prefixItems: Schema[], more: object = {}) => later({ type: 'array', prefixItems, ...more });
const drafts: readonly Row[] = [
  [
    '2020-12: a property comes',
    'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
    later(open({ a: text })),
    later(open({ a: text, b: text })),
  ],
  [
    '2020-12: a property comes to a closed object',
    null,
    later(closed({ a: text })),
    later(closed({ a: text, b: text })),
  ],
  [
    '2020-12: a property comes where nothing unevaluated is',
    null,
    later(open({ a: text }, { unevaluatedProperties: false })),
    later(open({ a: text, b: text }, { unevaluatedProperties: false })),
  ],
  [
    '2020-12: nothing unevaluated may be there',
    'UNEVALUATED_PROPERTIES_REMOVED',
    later(open({ a: text })),
    later(open({ a: text }, { unevaluatedProperties: false })),
  ],
  [
    '2020-12: unevaluated properties may be there',
    null,
    later(open({ a: text }, { unevaluatedProperties: false })),
    later(open({ a: text })),
  ],
  ['2020-12: an item comes to an open tuple', 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL', prefix([text]), prefix([text, text])],
  [
    '2020-12: an item comes to a closed tuple',
    null,
    prefix([text], { items: false }),
    prefix([text, text], { items: false }),
  ],
  [
    '2020-12: an item goes from a closed tuple',
    'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    prefix([text, text], { items: false }),
    prefix([text], { items: false }),
  ],
  [
    '2020-12: a dependency comes',
    'DEPENDENCY_ARRAY_ADDED',
    later(open({ a: text })),
    later(open({ a: text }, { dependentRequired: { a: ['b'] } })),
  ],
  [
    '2020-12: a limit of what is contained comes',
    'MAX_CONTAINS_ADDED',
    later({ type: 'array', contains: text }),
    later({ type: 'array', contains: text, maxContains: 2 }),
  ],
  [
    '2020-12: less must be contained',
    null,
    later({ type: 'array', contains: text, minContains: 2 }),
    later({ type: 'array', contains: text, minContains: 1 }),
  ],
  [
    '2020-12: a definition in $defs gets narrower',
    'TYPE_NARROWED',
    later({ $ref: '#/$defs/a', $defs: { a: number } }),
    later({ $ref: '#/$defs/a', $defs: { a: integer } }),
  ],
  ['draft 7 becomes 2020-12', null, open({ a: text }), later(open({ a: text }))],
  [
    'draft 4: what is exclusive changes',
    null,
    { $schema: 'http://json-schema.org/draft-04/schema#', ...number, minimum: 1, exclusiveMinimum: false },
    { $schema: 'http://json-schema.org/draft-04/schema#', ...number, minimum: 1, exclusiveMinimum: true },
  ],
];

/** Types that stand in the same property, each once as it was and once as it is. */
const types: Readonly<Record<string, Schema>> = {
  string: text,
  integer,
  number,
  boolean: { type: 'boolean' },
  null: { type: 'null' },
  'array of texts': { type: 'array', items: text },
  object: open({ x: text }),
  'text or null': { type: ['string', 'null'] },
  'enum of texts': { enum: ['a', 'b'] },
  anything: {},
};

function typeRule(before: string, now: string): string | null {
  if (before === now || now === 'anything' || (before === 'integer' && now === 'number')) return null;
  if (now === 'text or null' && (before === 'string' || before === 'null')) return null;
  return before === 'number' && now === 'integer' ? 'TYPE_NARROWED' : 'TYPE_CHANGED';
}

/** All pairs. */
export function jsonSchemaPairs(): JsonSchemaPair[] {
  const rows: Row[] = [
    ...openContent,
    ...closedContent,
    ...partlyOpenContent,
    ...required,
    ...scalars,
    ...arrays,
    ...combinations,
    ...references,
    ...drafts,
  ];
  for (const [before, earlier] of Object.entries(types)) {
    for (const [now, next] of Object.entries(types)) {
      rows.push([`${before} becomes ${now}`, typeRule(before, now), closed({ a: earlier }), closed({ a: next })]);
    }
  }
  return rows.map(([name, rule, earlier, next]) => {
    const why = apicurioReasons.find(([, names]) => names.includes(name))?.[0];
    const isUnread = JSON.stringify([earlier, next]).includes('2020-12');
    const apicurio = isUnread
      ? { isCompatible: null, why: 'it registers 2020-12, and has no rules for it' }
      : why === undefined
        ? undefined
        : { isCompatible: rule !== null, why };
    return {
      name,
      earlier: JSON.stringify({ ...of7, ...earlier }),
      next: JSON.stringify({ ...of7, ...next }),
      isCompatible: rule === null,
      ...(rule === null ? {} : { rule }),
      ...(apicurio === undefined ? {} : { apicurio }),
    };
  });
}

/** Where the other registry has other rules than Confluent's, so that what passes here fails there or the other way round. */
const apicurioReasons: readonly (readonly [why: string, names: readonly string[]])[] = [
  [
    'a property or item that is new in an open model is never compatible there, whatever it allows',
    [
      'a property of any value comes to an open object',
      'a property with an empty schema comes to an open object',
      'an item of any value comes to an open tuple',
    ],
  ],
  [
    'a default does not make up for what is required there',
    ['a required property with a default comes to a closed object', 'a property with a default becomes required'],
  ],
  ['what must not be counts as a property there', ['a property that could not be goes from a closed object']],
  [
    'what is new is covered there when the type is the same: limits are not compared, a wider type is another one',
    [
      'a property comes that is narrower than the rest',
      'a wider property comes',
      'an item comes that the rest of the tuple allowed',
    ],
  ],
  ['patterns cover any new property there', ['a property comes that a pattern covered with another type']],
  ['names in required count there though they have no schema', ['required of what has no schema']],
  ['formats are compared there', ['a format comes', 'a format changes']],
  ['exclusive limits of draft 4 are compared there', ['draft 4: what is exclusive changes']],
  [
    'a schema and a combination are never the same there',
    [
      'allOf becomes its member',
      'a schema becomes a member of oneOf',
      'a schema becomes a member of anyOf',
      'a schema becomes one of a single member',
      'oneOf of a single member becomes it',
      'null becomes text or null',
    ],
  ],
  ['the same member twice counts twice there', ['the same member twice counts once']],
];
