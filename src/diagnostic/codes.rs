//! The one list of diagnostic codes: name, severity, who must act, meaning.
//!
//! A code is stable for ever. Each has a page in `docs/DIAGNOSTICS.md` (printed by `crossdock explain CODE`) and a
//! fixture or test that shows it; a test holds both.

use super::{Fault, Severity};

/// A stable diagnostic code with its level and meaning.
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

struct Entry {
    name: &'static str,
    severity: Severity,
    fault: Fault,
    meaning: &'static str,
}

impl Code {
    /// `area.kebab-name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Severity unless a rule says otherwise.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// Who must act.
    #[must_use]
    pub fn fault(self) -> Fault {
        self.0.fault
    }

    /// What it means, in one line.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.0.meaning
    }

    /// The code called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<Code> {
        ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $severity:ident, $fault:ident, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Code = Code(&Entry {
                name: $name,
                severity: Severity::$severity,
                fault: Fault::$fault,
                meaning: $meaning,
            });
        )*

        /// All codes, in the order of this list.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    // x12: the lexer and the envelope
    X12_NO_INTERCHANGE = "x12.no-interchange", Error, Partner, "The input holds no ISA segment";
    X12_BYTES_SKIPPED = "x12.bytes-skipped", Warning, Partner, "Bytes outside any interchange were skipped";
    X12_BYTE_ORDER_MARK = "x12.byte-order-mark", Note, Partner, "The input starts with a byte order mark";
    X12_ISA_LENGTH = "x12.isa-length", Warning, Partner, "The ISA segment is not 106 bytes long and was read by counting separators";
    X12_ISA_UNREADABLE = "x12.isa-unreadable", Error, Partner, "The ISA segment cannot be read: its delimiters are not to be told";
    X12_ISA_LOWER_CASE = "x12.isa-lower-case", Warning, Partner, "The ISA segment is written in small letters";
    X12_MISSING_TERMINATOR = "x12.missing-terminator", Warning, Partner, "The last segment of the input has no segment terminator";
    X12_DELIMITER_CLASH = "x12.delimiter-clash", Error, Partner, "Two delimiters of the interchange are the same character, or one cannot be a delimiter";
    X12_REPETITION_SEPARATOR = "x12.repetition-separator", Note, Partner, "ISA11 names no usable repetition separator, so repetitions are not split";
    X12_WRAPPED_LINES = "x12.wrapped-lines", Warning, Partner, "Line breaks stand inside segments and were taken out";
    X12_EBCDIC = "x12.ebcdic", Error, Partner, "The input looks like EBCDIC, not ASCII";
    X12_TRUNCATED = "x12.truncated", Error, Partner, "The input ends inside an interchange, group or transaction set";
    X12_SEGMENT_OUTSIDE_SET = "x12.segment-outside-set", Warning, Partner, "A segment stands outside any transaction set";
    X12_GROUP_MISSING_HEADER = "x12.group-missing-header", Warning, Partner, "A transaction set or GE stands outside any functional group";
    X12_GROUP_MISSING_TRAILER = "x12.group-missing-trailer", Error, Partner, "A functional group has no GE segment";
    X12_SET_MISSING_TRAILER = "x12.set-missing-trailer", Error, Partner, "A transaction set has no SE segment";
    X12_SET_MISSING_HEADER = "x12.set-missing-header", Error, Partner, "An SE segment has no ST segment before it";
    X12_INTERCHANGE_MISSING_TRAILER = "x12.interchange-missing-trailer", Error, Partner, "An interchange has no IEA segment";
    X12_INTERCHANGE_CONTROL_NUMBER = "x12.interchange-control-number", Error, Partner, "IEA02 is not the control number of ISA13";
    X12_GROUP_CONTROL_NUMBER = "x12.group-control-number", Error, Partner, "GE02 is not the control number of GS06";
    X12_SET_CONTROL_NUMBER = "x12.set-control-number", Error, Partner, "SE02 is not the control number of ST02";
    X12_CONTROL_NUMBER_PADDING = "x12.control-number-padding", Note, Partner, "A trailer's control number is the header's, padded otherwise";
    X12_INTERCHANGE_COUNT = "x12.interchange-count", Warning, Partner, "IEA01 is not the number of groups that came";
    X12_GROUP_COUNT = "x12.group-count", Warning, Partner, "GE01 is not the number of transaction sets that came";
    X12_SEGMENT_COUNT = "x12.segment-count", Error, Partner, "SE01 is not the number of segments that came";
    X12_DUPLICATE_INTERCHANGE = "x12.duplicate-interchange-number", Warning, Partner, "An interchange control number occurs twice in one file";
    X12_DUPLICATE_GROUP = "x12.duplicate-group-number", Warning, Partner, "A group control number occurs twice in one interchange";
    X12_DUPLICATE_SET = "x12.duplicate-set-number", Warning, Partner, "A transaction set control number occurs twice in one group";
    X12_INTERCHANGE_HEADER = "x12.interchange-header", Warning, Partner, "An element of ISA has a value that is not allowed";
    X12_GROUP_HEADER = "x12.group-header", Warning, Partner, "An element of GS has a value that is not allowed";
    X12_GROUP_CODE = "x12.group-code", Warning, Partner, "GS01 is not the functional identifier code of the transaction set";
    X12_UNKNOWN_SET = "x12.unknown-set", Error, Partner, "No table for this transaction set";
    X12_UNKNOWN_RELEASE = "x12.unknown-release", Warning, Partner, "No tables for this release: the nearest is used, types and lengths do not reject";
    X12_CHARACTER = "x12.character", Warning, Partner, "A character does not belong to the partner's character set";
    X12_BINARY_LENGTH = "x12.binary-length", Error, Partner, "The length of a binary segment does not lead to a segment terminator";
    // x12: limits
    X12_SET_TOO_LARGE = "x12.set-too-large", Error, Partner, "A transaction set is larger than the limit and was passed over";
    X12_INTERCHANGE_TOO_LARGE = "x12.interchange-too-large", Error, Partner, "An interchange is larger than the limit and the rest of it was passed over";
    X12_SEGMENT_TOO_LONG = "x12.segment-too-long", Error, Partner, "A segment is longer than the limit";
    X12_TOO_MANY_ELEMENTS = "x12.too-many-elements", Error, Partner, "A segment has more elements than the limit";
    X12_LOOPS_TOO_DEEP = "x12.loops-too-deep", Error, Partner, "Hierarchical levels (HL) are nested deeper than the limit";
    // x12: structure and elements
    X12_UNKNOWN_SEGMENT = "x12.unknown-segment", Error, Partner, "The release has no such segment";
    X12_UNEXPECTED_SEGMENT = "x12.unexpected-segment", Error, Partner, "The transaction set has no place for this segment";
    X12_SEGMENT_ORDER = "x12.segment-order", Warning, Partner, "A segment stands after segments it should precede";
    X12_REPEATED_SET = "x12.repeated-set", Error, Partner, "A transaction set came before in the same interchange, byte for byte";
    X12_MISSING_TRIGGER = "x12.missing-trigger", Warning, Partner, "A loop starts without its first segment";
    X12_MISSING_SEGMENT = "x12.missing-segment", Error, Partner, "A mandatory segment is missing";
    X12_MISSING_LOOP = "x12.missing-loop", Warning, Partner, "A mandatory loop is missing";
    X12_TOO_MANY_SEGMENTS = "x12.too-many-segments", Warning, Partner, "A segment occurs more often than the table allows";
    X12_TOO_MANY_LOOPS = "x12.too-many-loops", Warning, Partner, "A loop occurs more often than the table allows";
    X12_HIERARCHY_PARENT = "x12.hierarchy-parent", Warning, Partner, "A hierarchical level names a parent that does not stand before it";
    X12_HIERARCHY_NUMBER = "x12.hierarchy-number", Warning, Partner, "Two hierarchical levels have the same number";
    X12_HIERARCHY_ORDER = "x12.hierarchy-order", Warning, Partner, "The numbers of hierarchical levels do not count up by one";
    X12_EMPTY_SEGMENT = "x12.empty-segment", Warning, Partner, "A segment has no elements";
    X12_UNUSED_ELEMENT = "x12.unused-element", Warning, Partner, "A segment has more elements than its table";
    X12_TOO_MANY_REPETITIONS = "x12.too-many-repetitions", Warning, Partner, "An element is repeated more often than its table allows";
    X12_TOO_MANY_COMPONENTS = "x12.too-many-components", Warning, Partner, "An element has more components than its table";
    X12_MISSING_ELEMENT = "x12.missing-element", Error, Partner, "A mandatory element is missing";
    X12_ELEMENT_TOO_LONG = "x12.element-too-long", Error, Partner, "An element is longer than its table allows";
    X12_ELEMENT_TOO_SHORT = "x12.element-too-short", Warning, Partner, "An element is shorter than its table allows";
    X12_ELEMENT_TYPE = "x12.element-type", Error, Partner, "An element does not have the form of its type";
    X12_ELEMENT_DATE = "x12.element-date", Error, Partner, "An element is not a date of the calendar";
    X12_ELEMENT_TIME = "x12.element-time", Error, Partner, "An element is not a time of the day";
    X12_SYNTAX_NOTE = "x12.syntax-note", Warning, Partner, "An element demands another one that is missing";
    X12_EXCLUSION = "x12.exclusion", Warning, Partner, "Elements stand together that exclude one another";
    X12_CODE = "x12.code", Warning, Partner, "A code is not in the list of its element";
    X12_CODE_OF_ANOTHER_RELEASE = "x12.code-of-another-release", Note, Partner, "A code is in the list of another release only";
    X12_BLANKS = "x12.blanks", Note, Partner, "A value begins or ends with blanks, or holds nothing else";
    X12_TRAILING_SEPARATORS = "x12.trailing-separators", Note, Partner, "Segments end with separators behind their last value";
    X12_CHECK_DIGIT = "x12.check-digit", Warning, Partner, "The check digit of a GTIN, SSCC or GLN is wrong";
    X12_TOTAL = "x12.total", Warning, Partner, "A total is not what was counted or summed";
    X12_HIERARCHY_CHILD_CODE = "x12.hierarchy-child-code", Warning, Partner, "HL04 does not say what stands inside the level";
    X12_HIERARCHICAL_STRUCTURE = "x12.hierarchical-structure", Note, Partner, "BSN05 names another order of levels than the document has";
    // x12: written by us
    X12_ENVELOPE_VALUE = "x12.envelope-value", Error, Configuration, "A value for an envelope segment does not fit its element";
    X12_DELIMITER_IN_DATA = "x12.delimiter-in-data", Error, Submitter, "A value holds a delimiter of the interchange and X12 has no escape";
    // expression
    EXPRESSION_SYNTAX = "expression.syntax", Error, Configuration, "An expression cannot be read";
    EXPRESSION_UNKNOWN_NAME = "expression.unknown-name", Error, Configuration, "An expression names a field or function that does not exist";
    EXPRESSION_TYPE = "expression.type", Error, Configuration, "An expression joins values whose types do not fit";
    // files people write
    FILE_SYNTAX = "file.syntax", Error, Configuration, "The file is not well-formed TOML";
    FILE_UNKNOWN_KEY = "file.unknown-key", Error, Configuration, "The file has a key that nothing reads";
    FILE_WRONG_TYPE = "file.wrong-type", Error, Configuration, "A key has a value of the wrong type";
    FILE_WRONG_VALUE = "file.wrong-value", Error, Configuration, "A key has a value that is not allowed";
    FILE_MISSING_KEY = "file.missing-key", Error, Configuration, "The file lacks a key that is needed";
    FILE_NOT_FOUND = "file.not-found", Error, Configuration, "A file that another one names does not exist";
    FILE_UNREADABLE = "file.unreadable", Error, Configuration, "A file cannot be read";
    // partner profiles
    PROFILE_UNKNOWN_SENDER = "profile.unknown-sender", Warning, Configuration, "No partner profile has this interchange sender";
    PROFILE_UNUSABLE = "profile.unusable", Error, Configuration, "The profile that names the partner has errors and is not used";
    PROFILE_UNKNOWN_RECEIVER = "profile.unknown-receiver", Warning, Configuration, "The profile of the sender does not name this interchange receiver as us";
    PROFILE_UNKNOWN_GROUP = "profile.unknown-group", Warning, Configuration, "The profile of the sender does not name this group id";
    PROFILE_DUPLICATE_ID = "profile.duplicate-id", Error, Configuration, "Two profiles claim the same interchange id";
    PROFILE_DUPLICATE_USER = "profile.duplicate-user", Error, Configuration, "Two partners log in to the drop box by the same name";
    PROFILE_AMBIGUOUS_DOCUMENT = "profile.ambiguous-document", Error, Configuration, "Two entries of a profile take the same document";
    PROFILE_NO_DOCUMENT = "profile.no-document", Warning, Configuration, "The profile has no entry for this document: the base mapping is used";
    // files of codes
    CODES_NO_ELEMENT = "codes.no-element", Error, Configuration, "A code list is for no data element that holds codes";
    CODES_WRONG_CODE = "codes.wrong-code", Error, Configuration, "A code cannot be a value of its data element";
    CODES_NAMED_TWICE = "codes.named-twice", Error, Configuration, "Two files name the same code for the same documents";
    // partner guides: what a document does not keep
    GUIDE_MISSING_SEGMENT = "guide.missing-segment", Error, Partner, "A segment or loop that the partner's guide requires is missing";
    GUIDE_MISSING_ELEMENT = "guide.missing-element", Error, Partner, "An element that the partner's guide requires is missing";
    GUIDE_NOT_USED = "guide.not-used", Warning, Partner, "Something is there that the partner's guide does not use";
    GUIDE_REPEAT = "guide.repeat", Warning, Partner, "A segment or element occurs more often than the partner's guide allows";
    GUIDE_TOO_MANY_LOOPS = "guide.too-many-loops", Warning, Partner, "A loop occurs more often than the partner's guide allows";
    GUIDE_TOO_LONG = "guide.too-long", Warning, Partner, "An element is longer than the partner's guide allows";
    GUIDE_TOO_SHORT = "guide.too-short", Warning, Partner, "An element is shorter than the partner's guide allows";
    GUIDE_CODE = "guide.code", Warning, Partner, "A code is none of those that the partner's guide allows";
    GUIDE_PATTERN = "guide.pattern", Warning, Partner, "An element does not look as the partner's guide says";
    GUIDE_VALUE = "guide.value", Warning, Partner, "An element does not have the value that the partner's guide fixes";
    GUIDE_SITUATION = "guide.situation", Warning, Partner, "A rule of the partner's guide over several segments does not hold";
    GUIDE_TOTAL = "guide.total", Warning, Partner, "A total is not what the partner's guide says it counts";
    // partner guides: the files
    GUIDE_DOCUMENT = "guide.document", Error, Configuration, "A guide is for a document without a table, or for another one than is needed";
    GUIDE_EXTENDS = "guide.extends", Error, Configuration, "Guides extend one another in a circle";
    GUIDE_PLACE = "guide.place", Error, Configuration, "A place in a guide cannot be read, or the document does not have it";
    GUIDE_AMBIGUOUS = "guide.ambiguous", Error, Configuration, "What a guide names can be two places, or one segment two of its rows";
    GUIDE_WIDER = "guide.wider", Error, Configuration, "A guide allows what the standard does not";
    GUIDE_UNKNOWN_CODE = "guide.unknown-code", Error, Configuration, "A guide names a code that the standard's list lacks";
    GUIDE_CONTRADICTION = "guide.contradiction", Error, Configuration, "Two things that a guide says cannot both hold";
    GUIDE_NO_EFFECT = "guide.no-effect", Error, Configuration, "A line or word of a guide does nothing";
    GUIDE_EXAMPLE = "guide.example", Warning, Configuration, "A document that a guide shows does not keep the guide";
    GUIDE_UNUSABLE = "guide.unusable", Error, Configuration, "A mapping names a guide that has errors";
    // layout: files of records and fields
    LAYOUT_NOT_RECOGNISED = "layout.not-recognised", Error, Configuration, "The file is no X12, and no layout, or more than one, takes it";
    LAYOUT_NO_DOCUMENT = "layout.no-document", Error, Partner, "The file holds no document";
    LAYOUT_UNKNOWN_RECORD = "layout.unknown-record", Error, Partner, "A line is of a type that the layout does not have";
    LAYOUT_MISPLACED_RECORD = "layout.misplaced-record", Error, Partner, "A record stands where it belongs to nothing";
    LAYOUT_MISSING_RECORD = "layout.missing-record", Error, Partner, "A record is missing that must be there";
    LAYOUT_TOO_MANY_RECORDS = "layout.too-many-records", Error, Partner, "There are more records of a kind than the layout allows";
    LAYOUT_MISSING_FIELD = "layout.missing-field", Error, Partner, "A field is empty that must be there";
    LAYOUT_TOO_LONG = "layout.too-long", Error, Partner, "A field has more characters than the layout allows";
    LAYOUT_CHARACTER = "layout.character", Error, Partner, "A field holds what is no character of the file's character set";
    LAYOUT_FIELDS = "layout.fields", Error, Partner, "A line or element has more fields than the layout, or ends inside one";
    LAYOUT_HEADER = "layout.header", Error, Partner, "The header line lacks a column, or names one twice";
    LAYOUT_HEADER_AGAIN = "layout.header-again", Warning, Partner, "The header line comes again between the rows";
    LAYOUT_UNKNOWN_COLUMN = "layout.unknown-column", Warning, Partner, "The file has columns, elements, attributes or texts that the layout does not know";
    LAYOUT_ROWS_DIFFER = "layout.rows-differ", Error, Partner, "Two rows of one record disagree";
    LAYOUT_ROWS_APART = "layout.rows-apart", Error, Partner, "Rows of one document stand apart in the file";
    LAYOUT_QUOTE = "layout.quote", Error, Partner, "A quote is opened and never closed";
    LAYOUT_COUNT = "layout.count", Error, Partner, "The trailer counts otherwise than what came";
    LAYOUT_NO_TRAILER = "layout.no-trailer", Error, Partner, "The file ends before its trailer";
    LAYOUT_XML = "layout.xml", Error, Partner, "The file is not well-formed XML, or not the layout's";
    LAYOUT_XML_FORBIDDEN = "layout.xml-forbidden", Error, Partner, "The file has a document type or an entity of its own";
    LAYOUT_LIMIT = "layout.limit", Error, Partner, "The file goes beyond a limit";
    LAYOUT_NO_ROOM = "layout.no-room", Error, Submitter, "A value has no room in its place of the file";
    // mapping files
    MAPPING_EMPTY = "mapping.empty", Error, Configuration, "A mapping has no lines";
    MAPPING_EXTENDS = "mapping.extends", Error, Configuration, "Mappings extend one another in a circle";
    MAPPING_UNKNOWN_OBJECT = "mapping.unknown-object", Error, Configuration, "A mapping names a canonical object that does not exist";
    MAPPING_UNKNOWN_DOCUMENT = "mapping.unknown-document", Error, Configuration, "A mapping names a document that no table describes";
    MAPPING_UNKNOWN_FIELD = "mapping.unknown-field", Error, Configuration, "A mapping names a canonical field that does not exist";
    MAPPING_UNKNOWN_SEGMENT = "mapping.unknown-segment", Error, Configuration, "A mapping names a segment that the document does not have there";
    MAPPING_UNKNOWN_ELEMENT = "mapping.unknown-element", Error, Configuration, "A mapping names an element that the segment does not have";
    MAPPING_UNKNOWN_QUALIFIER = "mapping.unknown-qualifier", Warning, Configuration, "A mapping chooses by a code that is not in the element's code list";
    MAPPING_WHICHEVER_COMES = "mapping.whichever-comes", Warning, Configuration, "A line takes the first of several segments or loops, whatever its qualifier says";
    MAPPING_QUALIFIER_NOT_ASKED = "mapping.qualifier-not-asked", Warning, Configuration, "A line takes a value whatever the qualifier beside it says";
    MAPPING_IGNORED_AND_TAKEN = "mapping.ignored-and-taken", Warning, Configuration, "`[ignore]` names an element that a line takes";
    MAPPING_FORM_REJECTED = "mapping.form-rejected", Warning, Configuration, "A line reads dates or times in a form that the standard's check rejects";
    MAPPING_UNKNOWN_TABLE = "mapping.unknown-table", Error, Configuration, "A line names a code table that does not exist";
    MAPPING_UNKNOWN_BLOCK = "mapping.unknown-block", Error, Configuration, "A table uses a block that does not exist";
    MAPPING_PLACE = "mapping.place", Error, Configuration, "A place in a mapping cannot be read, or cannot stand there";
    MAPPING_WRONG_TYPE = "mapping.wrong-type", Error, Configuration, "Field and place of a line hold different kinds of values";
    MAPPING_WRONG_WORD = "mapping.wrong-word", Error, Configuration, "A code table or constant uses a word that the field does not have";
    MAPPING_NEEDS_CODES = "mapping.needs-codes", Error, Configuration, "A field of words is mapped without a code table";
    MAPPING_CODE_NOT_INVERTIBLE = "mapping.code-not-invertible", Error, Configuration, "Several codes mean one word, and which to write is not said";
    MAPPING_CODE_DOES_NOT_FIT = "mapping.code-does-not-fit", Error, Configuration, "A text that a mapping writes of its own has no room in its element, or is not in the partner's character set";
    MAPPING_AMBIGUOUS_POSITION = "mapping.ambiguous-position", Error, Configuration, "A segment stands at two positions of one loop";
    MAPPING_OVERLAP = "mapping.overlap", Error, Configuration, "Two places or loops of a mapping can mean the same thing";
    MAPPING_REQUIRED_FIELD = "mapping.required-field", Error, Configuration, "Nothing fills a field that the canonical object must have";
    MAPPING_MANDATORY = "mapping.mandatory", Warning, Configuration, "A mapping that sends leaves out a segment or element that the document must have";
    MAPPING_NOTHING_DROPPED = "mapping.nothing-dropped", Error, Configuration, "A line is dropped that the base mapping does not have";
    MAPPING_WHEN = "mapping.when", Error, Configuration, "A `when` asks what is not known where it stands";
    MAPPING_ONE_WAY = "mapping.one-way", Error, Configuration, "A line can only be read, and does not say so";
    MAPPING_NO_EFFECT = "mapping.no-effect", Error, Configuration, "A word of a line does nothing there";
    MAPPING_UNUSED = "mapping.unused", Warning, Configuration, "A mapping adds a code table or block that nothing uses";
    MAPPING_TOO_MANY_LINES = "mapping.too-many-lines", Error, Configuration, "A mapping has more lines than a plan can hold";
    MAPPING_TEST_FAILED = "mapping.test-failed", Error, Configuration, "A test that a mapping file carries does not hold";
    MAPPING_NOT_APPROVED = "mapping.not-approved", Error, Configuration, "A change makes differences in documents on record that nobody approved";
    // mapping: reading and writing
    MAPPING_UNREADABLE_VALUE = "mapping.unreadable-value", Error, Partner, "A value does not have the form of its field";
    MAPPING_UNKNOWN_CODE = "mapping.unknown-code", Error, Configuration, "A code is in no row of the mapping's table";
    MAPPING_DIFFERENCE = "mapping.difference", Warning, Partner, "Two places that should say the same differ";
    MAPPING_DOUBTFUL_TIME = "mapping.doubtful-time", Warning, Partner, "A local time comes twice that day, or not at all";
    MAPPING_CAME_TWICE = "mapping.came-twice", Error, Partner, "A segment came a second time where the object has room for one";
    MAPPING_QUANTITY_ASTRAY = "mapping.quantity-astray", Error, Partner, "A quantity stands in a hierarchical level where the mapping takes none";
    MAPPING_LEVEL_LOST = "mapping.level-lost", Warning, Partner, "A hierarchical level seems to be missing where only kinds tell how levels stand";
    MAPPING_TWO_VALUES = "mapping.two-values", Warning, Partner, "Two values stand where the canonical object has room for one";
    MAPPING_DERIVED_DIFFERS = "mapping.derived-differs", Warning, Partner, "A value that can be computed is not what it should be";
    MAPPING_RULE = "mapping.rule", Error, Partner, "A document breaks a rule of its mapping";
    MAPPING_NONE = "mapping.none", Error, Configuration, "No mapping takes this transaction set";
    MAPPING_UNUSABLE = "mapping.unusable", Error, Configuration, "The mapping for this document has errors and is not used";
    MAPPING_OTHER_RELEASE = "mapping.other-release", Note, Configuration, "The mapping is written for another release than the set's";
    MAPPING_NOT_MAPPED = "mapping.not-mapped", Note, Configuration, "Values of the document have no line in the mapping";
    MAPPING_LEVEL_NOT_TAKEN = "mapping.level-not-taken", Warning, Configuration, "A hierarchical level stands where the mapping takes none of its kind";
    MAPPING_LEVEL_OF_OBJECT = "mapping.level-of-object", Error, Partner, "The hierarchical level that is the object itself is missing, or there are several";
    MAPPING_DOCUMENT_KEY = "mapping.document-key", Error, Configuration, "A `document_key` cannot tell objects apart";
    MAPPING_DOCUMENT_KEY_MISSING = "mapping.document-key-missing", Error, Partner, "A loop does not say to which object of the set it belongs";
    MAPPING_SET_NOT_TAKEN = "mapping.set-not-taken", Error, Partner, "An object is not taken because its transaction set is not";
    MAPPING_SHARED = "mapping.shared", Error, Submitter, "A change would reach other objects of the same transaction set";
    MAPPING_WOULD_BE_LOST = "mapping.would-be-lost", Error, Configuration, "A change of a document would take values with it that no line maps";
    MAPPING_NOT_RECALLED = "mapping.not-recalled", Error, Submitter, "What a document repeats of an earlier one is not on record";
    MAPPING_NO_NUMBER = "mapping.no-number", Error, Configuration, "No number was handed in of a sequence of our own";
    MAPPING_NO_RATIO = "mapping.no-ratio", Error, Configuration, "A table of units does not say how many of its own one a unit of an item is";
    MAPPING_UNKNOWN_WORD = "mapping.unknown-word", Error, Submitter, "A word has no code in the mapping's table";
    MAPPING_VALUE_DOES_NOT_FIT = "mapping.value-does-not-fit", Error, Submitter, "A value of the canonical object does not fit its place in the document";
    MAPPING_FITTED = "mapping.fitted", Warning, Submitter, "A value was cut or written in other characters, as its line declares";
    MAPPING_FIELD_NOT_WRITTEN = "mapping.field-not-written", Warning, Configuration, "A value of the canonical object has no place in the document";
    MAPPING_NOT_REVERSIBLE = "mapping.not-reversible", Error, Submitter, "What was written does not say the object when it is read back";
    MAPPING_NOT_TOLD_APART = "mapping.not-told-apart", Error, Submitter, "What was written would be read back as something else";
    MAPPING_INVALID_DOCUMENT = "mapping.invalid-document", Error, Submitter, "What was written breaks the table of its document";
    MAPPING_DOUBTFUL_DOCUMENT = "mapping.doubtful-document", Warning, Submitter, "What was written breaks a rule of its table that many partners do not mind";
    // profiles and mappings together
    PROFILE_WRONG_MAPPING = "profile.wrong-mapping", Error, Configuration, "An entry of a profile names a mapping for something else";
    // payloads and deliveries of a gateway
    ARCHIVE_BROKEN = "archive.broken", Error, Partner, "A compressed file is cut short or damaged";
    ARCHIVE_ENCRYPTED = "archive.encrypted", Error, Partner, "A file in an archive needs a password";
    ARCHIVE_NOT_READ = "archive.not-read", Error, Partner, "A file is compressed in a way that is not read";
    ARCHIVE_EMPTY = "archive.empty", Error, Partner, "An archive holds no file";
    ARCHIVE_TOO_LARGE = "archive.too-large", Error, Partner, "An archive holds more than is opened";
    ARCHIVE_SAME_TWICE = "archive.same-twice", Error, Partner, "Two files of an archive are the same";
    PAYLOAD_FOREIGN_SENDER = "payload.foreign-sender", Error, Partner, "An interchange lies in the mailbox of another partner than its sender";
    PAYLOAD_USAGE = "payload.usage", Error, Partner, "The usage indicator of an interchange, ISA15, says neither production nor test";
    PAYLOAD_DUPLICATE = "payload.duplicate", Note, Partner, "The same interchange came before: nothing was done twice";
    PAYLOAD_CAME_AGAIN = "payload.came-again", Note, Partner, "A file came before and is taken again: another one said otherwise since";
    PAYLOAD_NUMBER_REUSED = "payload.number-reused", Error, Partner, "An interchange control number came before, with other transaction sets";
    PAYLOAD_GROUP_NOT_TAKEN = "payload.group-not-taken", Error, Partner, "The functional group around a transaction set was not taken";
    PAYLOAD_HELD_TOGETHER = "payload.held-together", Error, Partner, "A transaction set is held because of another one of its interchange";
    PAYLOAD_BROKEN_OFF = "payload.broken-off", Error, Partner, "The transfer of a file broke off, and nothing in it says that it is whole";
    PAYLOAD_UNREADABLE = "payload.unreadable", Error, Ourselves, "The bytes of a payload cannot be read any more";
    PAYLOAD_BUG = "payload.bug", Error, Ourselves, "Crossdock met a defect of its own while it worked on a payload";
    SUBMISSION_EMPTY = "submission.empty", Error, Submitter, "A file from the ERP holds no object";
    SUBMISSION_TOO_LARGE = "submission.too-large", Error, Submitter, "A file from the ERP is larger than what is worked on by itself";
    SUBMISSION_PARTNER = "submission.partner", Error, Submitter, "A submitted object does not say to whom it goes, or names nobody we know";
    SUBMISSION_PROFILE = "submission.profile", Error, Configuration, "The profile of the partner to whom a submitted object goes has an error";
    SUBMISSION_NOT_SENT = "submission.not-sent", Error, Configuration, "The partner's profile sends no such object";
    SUBMISSION_OTHER_USAGE = "submission.other-usage", Error, Configuration, "A document that was submitted as a test would go out as none, or the other way round";
    SUBMISSION_DUPLICATE = "submission.duplicate", Error, Submitter, "An event with this id, or the same object without one, was submitted before";
    SUBMISSION_OVERTAKEN = "submission.overtaken", Error, Submitter, "A document that waited would go out behind a later one of its number";
    SUBMISSION_SECRET = "submission.secret", Error, Configuration, "A secret that the envelope needs is not there";
    DELIVERY_TARGET_DIFFERS = "delivery.target-differs", Error, Configuration, "A file with the name of a delivery is there and has other content";
    DELIVERY_FAILED = "delivery.failed", Error, Ourselves, "A delivery could not be put where it belongs";
    DELIVERY_TAKEN = "delivery.taken", Warning, Partner, "A file was renamed without an answer, and its partner has taken it since";
    DELIVERY_GONE = "delivery.gone", Error, Partner, "A file was, or may have been, written onto a partner's server, and is not there any more";
    DELIVERY_GIVEN_UP = "delivery.given-up", Error, Partner, "A delivery failed for so long that it waits for a person";
    // visits to partners' servers
    SFTP_UNREACHABLE = "sftp.unreachable", Error, Partner, "A partner's server cannot be reached, says nothing or broke off";
    SFTP_HOST_KEY_UNKNOWN = "sftp.host-key-unknown", Error, Configuration, "Nobody has said that the host key of a partner's server is right";
    SFTP_HOST_KEY_CHANGED = "sftp.host-key-changed", Error, Partner, "A partner's server shows another host key than the pinned one";
    SFTP_LOG_IN = "sftp.log-in", Error, Configuration, "A partner's server does not let us in";
    SFTP_ALGORITHMS = "sftp.algorithms", Error, Configuration, "A partner's server and we have no algorithm in common";
    SFTP_SECRET = "sftp.secret", Error, Configuration, "A key or password for a partner's server is not where it should be";
    SFTP_REFUSED = "sftp.refused", Error, Partner, "A partner's server does not do what it is asked for";
    SFTP_NOT_WHOLE = "sftp.not-whole", Error, Partner, "A file on a partner's server is not what the server says of it";
    SFTP_TOO_LARGE = "sftp.too-large", Error, Partner, "A file on a partner's server is larger than those that are picked up";
    // acknowledgments of partners
    ACKNOWLEDGMENT_UNMATCHED = "acknowledgment.unmatched", Error, Partner, "An acknowledgment is for something that we did not send";
    ACKNOWLEDGMENT_NO_VERDICT = "acknowledgment.no-verdict", Error, Partner, "An acknowledgment does not say whether the partner took what we sent";
    ACKNOWLEDGMENT_REPEATED = "acknowledgment.repeated", Warning, Partner, "An acknowledgment says again what one said before";
    ACKNOWLEDGMENT_CONTRADICTS = "acknowledgment.contradicts", Error, Partner, "An acknowledgment says something else than one before it";
    ACKNOWLEDGMENT_REJECTED = "acknowledgment.rejected", Error, Configuration, "The partner says that a document of ours is wrong";
    // canonical objects
    CANONICAL_SYNTAX = "canonical.syntax", Error, Submitter, "The input is not well-formed JSON";
    CANONICAL_UNKNOWN_OBJECT = "canonical.unknown-object", Error, Submitter, "The input does not say which canonical object it is, or names none we have";
    CANONICAL_UNKNOWN_FIELD = "canonical.unknown-field", Error, Submitter, "The object has no such field";
    CANONICAL_DUPLICATE_FIELD = "canonical.duplicate-field", Error, Submitter, "A field stands twice in one object";
    CANONICAL_WRONG_TYPE = "canonical.wrong-type", Error, Submitter, "A field has a value of the wrong type";
    CANONICAL_WRONG_VALUE = "canonical.wrong-value", Error, Submitter, "A field has a value that is not allowed";
    CANONICAL_SUBMITTED_WITHOUT_FIELD = "canonical.submitted-without-field", Error, Submitter, "A submitted object lacks a required field or all of its business keys";
    CANONICAL_MISSING_FIELD = "canonical.missing-field", Error, Partner, "A required field has no value";
}
