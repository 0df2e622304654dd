//! What the loss of an LX or HL leaves behind is told, though the table has a place for every segment.

mod support;

use crossdock::canonical::Object;
use crossdock::diagnostic::Diagnostics;
use crossdock::mapping::Reading;

use support::{context, plan_of, told, tree_of};

/// What is told of a document when it was read.
fn lost(mapping: &str, document: &str) -> Vec<String> {
    let plan = plan_of(&[mapping]);
    let (mut tree, bytes) = tree_of(&plan, document);
    let (mut reading, mut object, mut found) = (Reading::default(), Object::new(), Diagnostics::unlimited());
    reading.read(&plan, &mut tree, &bytes, &context(), &mut object, &mut found);
    assert_eq!(told(&found), Vec::<String>::new(), "{document}");
    reading.came_twice(&plan, &tree, &bytes, &context(), &mut found);
    told(&found)
}

#[test]
fn marks_between_lines_are_told_also_where_only_a_rest_takes_them() {
    let mapping = "[map.packages]\neach = \"LX\"\npackage_number = \"LX01\"\n\
        marks = { rest = \"MAN\", qualifier = \"MAN01\", value = \"MAN02\" }\n\
        [map.packages.lines]\neach = \"W12\"\nshipped = \"W1203\"";
    let said =
        "mapping.came-twice: a second MAN (Marks and Numbers) stands behind loops that belong to the first, segment 4";
    assert_eq!(lost(mapping, "LX*1\nMAN*UC*1\nW12***5\nMAN*UC*2\nW12***6"), [said]);
    let nothing: [&str; 0] = [];
    assert_eq!(lost(mapping, "LX*1\nMAN*UC*1\nMAN*UC*2\nW12***5\nW12***6"), nothing);
    assert_eq!(lost(mapping, "LX*1\nMAN*UC*1\nW12***5\nMAN*UC*1\nW12***6"), nothing);
    assert_eq!(lost(mapping, "LX*1\nMAN*UC*1\nW12***5\nLX*2\nMAN*UC*2\nW12***6"), nothing);
    let ignored = format!("{mapping}\n[ignore]\ndocument = [\"MAN\"]").replace("marks =", "#");
    assert_eq!(lost(&ignored, "LX*1\nMAN*UC*1\nW12***5\nMAN*UC*2\nW12***6"), nothing);
}

#[test]
fn what_begins_a_level_is_told_within_another_where_only_kinds_tell_how_levels_stand() {
    let mapping = "canonical = \"ship_notice\"\ndocument = \"x12/004010/856\"\n[hierarchy]\nlevels = \"S O I\"\n[map]\n\
        in = \"HL[HL03=S]\"\nshipment_number = \"/BSN02\"\n[map.orders]\neach = \"HL[HL03=O]\"\n\
        purchase_order_number = \"PRF01\"\n[map.orders.lines]\neach = \"HL[HL03=I]\"\nsku = \"pair(LIN02=SK)\"\n\
        purchase_order_number = \"PRF01\"";
    let document = |second: &str| {
        format!(
            "BSN**A\nHL*1**S\nHL*2**O\nPRF*P1\nHL*3**I\nLIN**SK*A\n{second}PRF*P2\nHL*5**I\nLIN**SK*B\nHL*6**O\nPRF*P3"
        )
    };
    let said = "mapping.level-lost: PRF (Purchase Order Reference) stands within a level, and every level O begins with it: \
        the HL of one may have been lost";
    assert_eq!(lost(mapping, &document("")), [said]);
    let nothing: [&str; 0] = [];
    assert_eq!(lost(mapping, &document("HL*4**O\n")), nothing);
    // Where every line says its order, that is a habit.
    assert_eq!(lost(mapping, &document("").replace("LIN**SK*B", "LIN**SK*B\nPRF*P2")), nothing);
    // Levels that name the one around them tell a lost one by its number.
    assert_eq!(lost(mapping, &document("").replace("HL*3**I", "HL*3*2*I")), nothing);
}
