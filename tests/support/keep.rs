//! The keep law: a document that is made to say what it says is not edited.

use crossdock::diagnostic::Diagnostics;
use crossdock::mapping::{self, Base, Context, Edit, Plan, SegmentForm};
use crossdock::translation::Inbound;

/// The edits that make the document read last, `bytes`, say its own object: none, if the law holds.
pub(crate) fn edits(inbound: &Inbound, plan: &Plan, bytes: &[u8]) -> Vec<Edit> {
    let (surroundings, reader) = (inbound.surroundings(), inbound.reader());
    let header = reader.set().expect("a document was read");
    let delimiters = reader.interchange().expect("it stands in an interchange, or in a bare one").delimiters;
    let context = Context {
        zone: surroundings.zone.clone(),
        charset: &surroundings.charset.unwrap_or(header.charset),
        we_sell: surroundings.we_sell,
        separators: delimiters.separators(),
        delimiters: b"",
        given: crossdock::mapping::Given::nothing(),
        before: 0,
        place: &|_, _| header.context.whole(),
    };
    let form = SegmentForm {
        element: delimiters.element,
        terminator: delimiters.segment,
        line_end: delimiters.line_end.bytes(),
    };
    let base = Base { tree: inbound.tree(), bytes, object: inbound.object(), reading: inbound.reading() };
    mapping::change(plan, base, inbound.object(), form, &context, &mut Diagnostics::unlimited())
}
