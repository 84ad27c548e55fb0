/** LENIENT lets properties be added to and removed from any content model, as a configuration may ask for. */
export type CompatibilityPolicy = 'STRICT' | 'LENIENT';

/** What a change breaks and what would pass instead; `P` stands for the path. Names are those of Confluent's registry. */
const descriptions = {
  SCHEMA_ADDED: "At 'P' anything was allowed, and now a schema must fit. Leave it out, or write true.",
  SCHEMA_TOO_COMPLEX:
    'The two schemas combine too many schemas to be compared. Use fewer members in oneOf, anyOf and allOf.',
  TYPE_NARROWED: "The type at 'P' was number and is integer. Keep number.",
  TYPE_CHANGED:
    "The type at 'P' is another one than before. Keep it, or allow both, with a list of types or with anyOf.",

  MAX_LENGTH_ADDED: "'P' was not there, and longer texts were allowed. Leave it out.",
  MAX_LENGTH_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  MIN_LENGTH_ADDED: "'P' was not there, and shorter texts were allowed. Leave it out.",
  MIN_LENGTH_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  PATTERN_ADDED: "'P' was not there, and other texts were allowed. Leave it out.",
  PATTERN_CHANGED: "'P' is another one than before. Keep it, or take it out.",

  MAXIMUM_ADDED: "'P' was not there, and greater numbers were allowed. Leave it out.",
  MAXIMUM_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  MINIMUM_ADDED: "'P' was not there, and smaller numbers were allowed. Leave it out.",
  MINIMUM_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  EXCLUSIVE_MAXIMUM_ADDED: "'P' was not there, and greater numbers were allowed. Leave it out.",
  EXCLUSIVE_MAXIMUM_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  EXCLUSIVE_MINIMUM_ADDED: "'P' was not there, and smaller numbers were allowed. Leave it out.",
  EXCLUSIVE_MINIMUM_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  MULTIPLE_OF_ADDED: "'P' was not there, and any number was allowed. Leave it out.",
  MULTIPLE_OF_EXPANDED: "'P' is a multiple of what it was. Keep it, or use a divisor of it.",
  MULTIPLE_OF_CHANGED: "'P' does not divide what it was. Keep it, or use a divisor of it.",

  REQUIRED_ATTRIBUTE_ADDED: "The property 'P' was optional and is required. Leave it optional, or give it a default.",
  MAX_PROPERTIES_ADDED: "'P' was not there, and more properties were allowed. Leave it out.",
  MAX_PROPERTIES_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  MIN_PROPERTIES_ADDED: "'P' was not there, and fewer properties were allowed. Leave it out.",
  MIN_PROPERTIES_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  ADDITIONAL_PROPERTIES_REMOVED: "'P' closes what was open: other properties were allowed. Leave the object open.",
  ADDITIONAL_PROPERTIES_NARROWED: "'P' has a schema now, and any value was allowed. Leave the object open.",
  UNEVALUATED_PROPERTIES_REMOVED: "'P' closes what was open: other properties were allowed. Leave the object open.",
  UNEVALUATED_PROPERTIES_NARROWED: "'P' has a schema now, and any value was allowed. Leave it out.",
  DEPENDENCY_ARRAY_ADDED: "'P' asks for properties that did not need to be there. Leave it out.",
  DEPENDENCY_ARRAY_EXTENDED: "'P' asks for more properties than it did. Keep the list, or make it shorter.",
  DEPENDENCY_ARRAY_CHANGED: "'P' asks for other properties than it did. Keep the list, or make it shorter.",
  DEPENDENCY_SCHEMA_ADDED: "'P' has a schema that did not need to fit. Leave it out.",

  REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL:
    "The property 'P' is new and required, and the object was open: it may be missing, or hold anything. Close the object " +
    '(additionalProperties false) in a version before, and give the property a default.',
  REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL:
    "The property 'P' is new, and the object was open: it may hold anything. Close the object (additionalProperties false) in a " +
    'version before, or set compatibilityPolicy to LENIENT.',
  OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL:
    "The property 'P' is new, and the object was open: it may hold anything. Close the object (additionalProperties false) in a " +
    'version before, set compatibilityPolicy to LENIENT, or give the property the schema true.',
  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL:
    "The property 'P' is new and required, and has no default. Give it a default, or leave it optional.",
  PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL:
    "The property 'P' has gone, and the object is closed: records that have it would be refused. Keep it, or leave out additionalProperties.",
  PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL:
    "The property 'P' has gone, and the schema for other properties does not allow what it was. Keep it, or widen that schema.",
  PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL:
    "The property 'P' is new, and the schema for other properties allowed more. Make it as wide as that schema.",

  MAX_ITEMS_ADDED: "'P' was not there, and longer arrays were allowed. Leave it out.",
  MAX_ITEMS_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  MIN_ITEMS_ADDED: "'P' was not there, and shorter arrays were allowed. Leave it out.",
  MIN_ITEMS_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  MAX_CONTAINS_ADDED: "'P' was not there, and more such items were allowed. Leave it out.",
  MAX_CONTAINS_DECREASED: "'P' is less than it was. Keep it, or make it greater.",
  MIN_CONTAINS_ADDED: "'P' was not there, and fewer such items were allowed. Leave it out.",
  MIN_CONTAINS_INCREASED: "'P' is more than it was. Keep it, or make it less.",
  UNIQUE_ITEMS_ADDED: "'P' was not there, and the same item could come twice. Leave it out.",
  ADDITIONAL_ITEMS_REMOVED: "'P' closes what was open: more items were allowed. Leave the array open.",
  ADDITIONAL_ITEMS_NARROWED: "'P' has a schema now, and any item was allowed. Leave the array open.",
  UNEVALUATED_ITEMS_REMOVED: "'P' closes what was open: more items were allowed. Leave the array open.",
  UNEVALUATED_ITEMS_NARROWED: "'P' has a schema now, and any item was allowed. Leave it out.",
  ITEM_ADDED_TO_OPEN_CONTENT_MODEL:
    "The item 'P' is new, and the array was open: it may hold anything. Close the array in a version before, or use the schema true.",
  ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL:
    "The item 'P' has gone, and the array is closed: arrays that have it would be refused. Keep it, or leave the array open.",
  ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL:
    "The item 'P' has gone, and the schema for further items does not allow what it was. Keep it, or widen that schema.",
  ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL:
    "The item 'P' is new, and the schema for further items allowed more. Make it as wide as that schema.",

  ENUM_ARRAY_NARROWED: "'P' lacks values that it had. Keep them.",
  ENUM_ARRAY_CHANGED: "'P' has other values than before. Keep those that it had; new ones may be added to an enum.",
  COMBINED_TYPE_CHANGED: "At 'P' schemas are combined in another way. Keep it, or use anyOf.",
  COMBINED_TYPE_SUBSCHEMAS_CHANGED:
    "At 'P' not every schema of the combination has one that takes what it took. Keep the schemas, and only loosen them.",
  PRODUCT_TYPE_EXTENDED: "The allOf at 'P' has more schemas than before. Keep them, or take some out.",
  SUM_TYPE_NARROWED: "The oneOf or anyOf at 'P' has fewer schemas than before. Keep them; new ones may be added.",
  NOT_TYPE_EXTENDED: "What 'P' forbids is more than it was. Keep it, or forbid less.",
} as const;

export type DifferenceType = keyof typeof descriptions;

const compatibleWhenLenient: ReadonlySet<DifferenceType> = new Set([
  'ADDITIONAL_PROPERTIES_NARROWED',
  'ADDITIONAL_PROPERTIES_REMOVED',
  'UNEVALUATED_PROPERTIES_NARROWED',
  'UNEVALUATED_PROPERTIES_REMOVED',
  'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL',
  'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
  'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
]);

/** Differences that always pass are never noted: they are no types here. */
export function isCompatible(type: DifferenceType, policy: CompatibilityPolicy): boolean {
  return policy === 'LENIENT' && compatibleWhenLenient.has(type);
}

export function describe(type: DifferenceType, path: string): string {
  return descriptions[type].replace("'P'", () => `'${path}'`);
}
