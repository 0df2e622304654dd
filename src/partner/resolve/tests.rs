//! Resolution as tables: ids to profile, headers to entry, and what is said where there is no answer.

use super::{Identification, check_together, resolve};
use crate::diagnostic::{Diagnostics, Place, text};
use crate::partner::{Direction, HeaderValues, Profile};
use crate::source::SourceFile;
use crate::tree::Tree;
use crate::x12::reader::{ReadOptions, Reader, Step};

const US: &str = "12/4085551000";

fn profile(name: &str, keys: &str) -> Profile {
    let text = format!("name = \"{name}\"\ntime_zone = \"UTC\"\n{keys}\n");
    let file = SourceFile::new(format!("partner-profiles/{}.toml", name.to_lowercase()), text);
    let mut diagnostics = Diagnostics::unlimited();
    Profile::parse(&file, &mut diagnostics).unwrap_or_else(|| panic!("{}", told(&diagnostics)))
}

fn partner(name: &str, us: &str, them: &str) -> Profile {
    profile(name, &format!("us = {{ interchange_id = \"{us}\" }}\nthem = {{ {them} }}"))
}

fn told(diagnostics: &Diagnostics) -> String {
    let rendered: Vec<String> = diagnostics.list().iter().map(|one| text::render(one, false)).collect();
    rendered.concat()
}

/// Two desks of one warehouse share an interchange id; one customer is known under two ids of ours.
fn profiles() -> Vec<Profile> {
    vec![
        partner("Harbor", US, "interchange_ids = [\"ZZ/HARBOR3PL\", \"ZZ/HARBOREAST\"]"),
        partner("Reno", US, "interchange_ids = [\"ZZ/CASCADE\"], group_ids = [\"RENO\"]"),
        partner("Denver", US, "interchange_ids = [\"ZZ/CASCADE\"], group_ids = [\"DENVER\"]"),
        partner("Granite", US, "interchange_ids = [\"08/GRANITE\"]"),
        partner("Granite-outlet", "ZZ/OUTLET", "interchange_ids = [\"08/GRANITE\"]"),
    ]
}

/// `sender receiver [group sender, group receiver]` to the profile's short name, the direction and the codes pushed.
fn check(ids: &str, expected: &str) {
    let ids: Vec<&str> = ids.split(' ').collect();
    let pair = |text: &'static str| text.split_once('/').unwrap();
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let identification = Identification {
        sender: pair(leak(ids[0])),
        receiver: pair(leak(ids[1])),
        group: ids.get(2).map(|sender| (*sender, ids[3])),
    };
    let mut diagnostics = Diagnostics::unlimited();
    let profiles = profiles();
    let found = match resolve(&profiles, identification, Place::Nowhere, &mut diagnostics) {
        Some(resolution) => {
            let arrow = match resolution.direction {
                Direction::FromPartner => "from",
                Direction::ToPartner => "to",
            };
            format!("{arrow} {}", resolution.profile.short_name)
        }
        None => "nobody".to_owned(),
    };
    let codes = diagnostics.list().iter().map(|one| one.code.name());
    let found: Vec<&str> = std::iter::once(found.as_str()).chain(codes).collect();
    assert_eq!(found.join(" "), expected, "{ids:?}");
}

#[test]
fn ids_lead_to_a_profile_and_a_direction() {
    check("ZZ/HARBOR3PL 12/4085551000", "from harbor");
    check("ZZ/HARBOREAST 12/4085551000", "from harbor");
    check("ZZ/HARBOR3PL 12/4085551000 ANY US", "from harbor");
    check("12/4085551000 ZZ/HARBOREAST", "to harbor");
    check("ZZ/CASCADE 12/4085551000 RENO US", "from reno");
    check("ZZ/CASCADE 12/4085551000 DENVER US", "from denver");
    check("12/4085551000 ZZ/CASCADE US DENVER", "to denver");
    check("08/GRANITE 12/4085551000", "from granite");
    check("08/GRANITE ZZ/OUTLET", "from granite-outlet");
    check("ZZ/OUTLET 08/GRANITE", "to granite-outlet");
    check("ZZ/HARBOR3PL 12/999", "from harbor profile.unknown-receiver");
    check("ZZ/CASCADE 12/4085551000 BOISE US", "from reno profile.unknown-group");
    check("12/HARBOR3PL 12/4085551000", "nobody profile.unknown-sender");
    check("12/4085551000 ZZ/HARBOR", "nobody profile.unknown-receiver");
}

#[test]
fn an_unknown_sender_is_told_with_the_nearest_profile_and_the_next_action() {
    let ids = Identification { sender: ("ZZ", "HARBOR3PI      "), receiver: ("12", "4085551000     "), group: None };
    let mut diagnostics = Diagnostics::unlimited();
    assert!(resolve(&profiles(), ids, Place::Nowhere, &mut diagnostics).is_none());
    assert!(resolve(&[], ids, Place::Nowhere, &mut diagnostics).is_none());
    let expected = "\
warning[profile.unknown-sender] no partner profile has the interchange sender ZZ/HARBOR3PI
  cause   5 profiles are loaded; the nearest is partner-profiles/harbor.toml (ZZ/HARBOR3PL)
  remedy  if it is the same partner, add \"ZZ/HARBOR3PI\" to `them.interchange_ids` in partner-profiles/harbor.toml and run `crossdock check`
warning[profile.unknown-sender] no partner profile has the interchange sender ZZ/HARBOR3PI
  cause   no profile is loaded
  remedy  write a profile with \"ZZ/HARBOR3PI\" in `them.interchange_ids` under partner-profiles/ and run `crossdock check`
";
    assert_eq!(told(&diagnostics), expected);
}

#[test]
fn two_profiles_with_one_id_are_told_unless_our_id_or_the_groups_tell_them_apart() {
    let mut diagnostics = Diagnostics::unlimited();
    check_together(&profiles(), &mut diagnostics);
    assert_eq!(told(&diagnostics), "");
    let twins = [
        partner("Harbor", US, "interchange_ids = [\"ZZ/HARBOR3PL\"], group_ids = [\"WEST\"]"),
        partner("Harbor-east", US, "interchange_ids = [\"ZZ/EAST\", \"ZZ/HARBOR3PL\"]"),
    ];
    check_together(&twins, &mut diagnostics);
    let expected = "\
error[profile.duplicate-id] the interchange id ZZ/HARBOR3PL is claimed by two profiles
  where   partner-profiles/harbor-east.toml:4:40, `them.interchange_ids`
          them = { interchange_ids = [\"ZZ/EAST\", \"ZZ/HARBOR3PL\"] }
                                                 ^^^^^^^^^^^^^^
  cause   partner-profiles/harbor.toml:4 has it too, towards the same id of ours
  remedy  remove it from one of them; if two desks share the id, give both profiles `group_ids`
";
    assert_eq!(told(&diagnostics), expected);
}

const ENTRIES: &str = r#"
us   = { interchange_id = "12/4085551000" }
them = { interchange_ids = ["ZZ/HARBOR3PL"] }
[[receive]]
document = "x12/945"
mapping  = "harbor/945"
[[receive]]
document = "x12/945"
from     = 2026-12-01
mapping  = "harbor/945-new"
[[receive]]
document = "x12/945"
when     = "W0601 = 'J'"
mapping  = "harbor/945-correction"
[[receive]]
document = "x12/945"
when     = "N104[N101=WH] = '31' and GS08 = '004010'"
mapping  = "harbor/945-reno"
[[receive]]
document = "x12/004010VICS/945"
mapping  = "harbor/945-vics"
[[receive]]
document = "x12/944"
[[send]]
canonical = "fulfillment_order"
document  = "x12/004010/940"
[[send]]
canonical = "fulfillment_order"
document  = "x12/005010/940"
from      = 2026-12-01
"#;

/// The mapping that takes a 945 with this W0601, warehouse and GS08 on this day, and the codes pushed.
fn taken(reporting: &str, warehouse: &str, gs08: &str, day: &str) -> String {
    let isa =
        "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *261120*0930*U*00401*000000001*0*P*>~";
    let set = format!("ST*945*0001~W06*{reporting}*SO1~N1*ST*A*92*0041~N1*WH*B*92*{warehouse}~SE*5*0001~");
    let input = format!("{isa}GS*SW*HARBOR3PL*4085551000*20261120*0930*1*X*{gs08}~{set}GE*1*1~IEA*1*000000001~");
    let mut reader = Reader::new(ReadOptions::default());
    let (mut rest, mut tree) = (input.as_bytes(), Tree::default());
    let range = loop {
        let progress = reader.next(rest, true, &mut tree, &mut Diagnostics::unlimited());
        match progress.step {
            Step::Set(range) => break range,
            Step::End => panic!("no set in {input}"),
            _ => rest = &rest[progress.consumed..],
        }
    };
    let header = HeaderValues {
        interchange: reader.interchange().unwrap(),
        group: reader.group(),
        set: reader.set().unwrap(),
        tree: &tree,
        bytes: &rest[range],
    };
    let mut diagnostics = Diagnostics::unlimited();
    let profile = profile("Harbor", ENTRIES);
    let day = day.parse().unwrap();
    let entry = profile.receive_entry(("945", gs08), day, &header, Place::Nowhere, &mut diagnostics);
    let mapping = entry.and_then(|entry| entry.mapping.as_ref()).map_or("base", |mapping| &mapping.value);
    let codes = diagnostics.list().iter().map(|one| one.code.name());
    std::iter::once(mapping).chain(codes).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_document_takes_its_entry_by_condition_then_release_then_date() {
    assert_eq!(taken("F", "22", "004010", "2026-11-30"), "harbor/945");
    assert_eq!(taken("F", "22", "005010", "2026-11-30"), "harbor/945");
    assert_eq!(taken("F", "22", "004010", "2026-12-01"), "harbor/945-new");
    assert_eq!(taken("J", "22", "004010", "2026-12-01"), "harbor/945-correction");
    assert_eq!(taken("F", "31", "004010", "2026-12-01"), "harbor/945-reno");
    assert_eq!(taken("F", "31", "004010VICS", "2026-12-01"), "harbor/945-vics");
    let both = "harbor/945-correction profile.ambiguous-document";
    assert_eq!(taken("J", "31", "004010", "2026-12-01"), both);
}

#[test]
fn a_document_without_entry_is_told_and_left_to_the_base_mapping() {
    struct NoHeader;
    impl crate::expression::Values<crate::partner::HeaderPlace> for NoHeader {
        fn value(&self, _: &crate::partner::HeaderPlace) -> crate::expression::Value<'_> {
            crate::expression::Value::Absent
        }
        fn each(&self, _: &crate::partner::HeaderPlace, _: &mut dyn FnMut(crate::expression::Value<'_>)) {}
    }
    let mut diagnostics = Diagnostics::unlimited();
    let profile = profile("Harbor", ENTRIES);
    let day = "2026-12-01".parse().unwrap();
    let entry = profile.receive_entry(("846", "004010"), day, &NoHeader, Place::Nowhere, &mut diagnostics);
    assert!(entry.is_none());
    let expected = "\
warning[profile.no-document] Harbor's profile has no entry for x12/004010/846
  cause   partner-profiles/harbor.toml receives x12/945, x12/004010VICS/945, x12/944; the base mapping is used
  remedy  if they may send it, add [[receive]] with document = \"x12/846\" to partner-profiles/harbor.toml
";
    assert_eq!(told(&diagnostics), expected);
}

#[test]
fn an_object_is_sent_by_the_entry_in_force_latest() {
    let profile = profile("Harbor", ENTRIES);
    let sent = |canonical, day: &str| {
        let entry = profile.send_entry(canonical, day.parse().unwrap());
        entry.map(|entry| entry.document.value.to_string())
    };
    assert_eq!(sent("fulfillment_order", "2026-11-30").as_deref(), Some("x12/004010/940"));
    assert_eq!(sent("fulfillment_order", "2026-12-01").as_deref(), Some("x12/005010/940"));
    assert_eq!(sent("shipment", "2026-12-01"), None);
}

#[test]
fn the_day_of_an_instant_is_that_of_the_partners_zone() {
    let text = "name = 'Reno'\ntime_zone = 'America/Los_Angeles'\nus = { interchange_id = '12/1' }\n\
        them = { interchange_ids = ['ZZ/RENO'] }\nus.group_id = 'US'\n";
    let text = text.replace("us = { interchange_id = '12/1' }", "us.interchange_id = '12/4085551000'");
    let profile = Profile::parse(&SourceFile::new("reno.toml", text), &mut Diagnostics::unlimited()).unwrap();
    let day = |instant: &str| profile.day_of(instant.parse().unwrap()).to_string();
    assert_eq!([day("2026-04-01T06:59:59Z"), day("2026-04-01T07:00:00Z")], ["2026-03-31", "2026-04-01"]);
}
