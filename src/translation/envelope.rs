//! The envelope of what is written, by a partner's profile; and an interchange whose control numbers are still to be given.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::OutboundEnvelope;
use super::outbound::group_code;
use crate::lifecycle::Template;
use crate::partner::{InterchangeId, Profile, Send, Them};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary;
use crate::x12::writer::InterchangeHeader;

/// The envelope by the profile's ids and settings, with the time in the partner's zone; placeholders where there is no
/// profile. `from_partner` turns it round: what they would send us. `password` is ISA04.
#[must_use]
pub fn envelope(
    profile: Option<&Profile>,
    from_partner: bool,
    control_number: u32,
    password: String,
    now: Timestamp,
) -> OutboundEnvelope {
    let settings = profile.map(|profile| profile.envelope.clone()).unwrap_or_default();
    let local = now.to_zoned(profile.map_or(TimeZone::UTC, |profile| profile.time_zone.clone()));
    let id = |id: &InterchangeId| (id.qualifier().to_owned(), id.id().to_owned());
    let (ours, theirs) = (profile.and_then(|profile| profile.us.as_ref()), profile.and_then(|one| one.them.as_ref()));
    let us = ours.map_or(("ZZ".into(), "SENDER".into()), |us| id(&us.interchange_id.value));
    let them = theirs.map_or(("ZZ".into(), "RECEIVER".into()), |them| id(&them.interchange_id.value));
    let our_group = ours.map_or("SENDER", |us| us.group_id.as_str()).to_owned();
    let their_group = theirs.map_or("RECEIVER", Them::group_id).to_owned();
    let (sender, receiver) = if from_partner { (them, us) } else { (us, them) };
    let group_ids = if from_partner { (their_group, our_group) } else { (our_group, their_group) };
    OutboundEnvelope {
        interchange: InterchangeHeader {
            authorization: (settings.isa.authorization, settings.isa.authorization_information),
            security: (settings.isa.security, password),
            sender,
            receiver,
            date: local.strftime("%y%m%d").to_string(),
            time: local.strftime("%H%M").to_string(),
            version: settings.isa.version,
            control_number,
            acknowledgment_requested: settings.isa.acknowledgment_requested,
            usage: profile.map_or("P", |profile| profile.usage.code()).to_owned(),
        },
        group_ids,
        versions: profile.filter(|_| !from_partner).map_or_else(Vec::new, |profile| versions(profile, now)),
        date_and_time: (local.strftime("%Y%m%d").to_string(), local.strftime("%H%M").to_string()),
        first_group_number: control_number,
        delimiters: settings.delimiters,
    }
}

/// What the partner calls the releases of what it is sent, where that is not the release itself: an industry's version.
fn versions(profile: &Profile, now: Timestamp) -> Vec<(&'static str, String, String)> {
    let day = profile.day_of(now);
    let in_force = profile.send.iter().rev().filter(|entry| entry.from.is_none_or(|from| from <= day));
    let version = |entry: &Send| {
        let version = entry.document.value.version.clone()?;
        let release = dictionary::release_for(&version).0.name();
        let code = group_code(release, &entry.document.value.set);
        (version != release).then(|| (code, release.to_owned(), version))
    };
    in_force.filter_map(version).collect()
}

/// The interchange that [`super::Outbound::finish`] gave, with the control numbers of interchange and groups taken out
/// (ISA13, IEA02, GS06, GE02), and how many groups it has.
#[must_use]
pub fn unnumbered(bytes: &[u8], delimiters: &Delimiters) -> (Template, u32) {
    let mut template = Template::default();
    let mut groups = 0;
    for segment in bytes.split_inclusive(|byte| *byte == delimiters.segment) {
        let start = segment.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
        // Elements count from 1, behind the identifier.
        let (element, is_group) = match segment[start..].split(|byte| *byte == delimiters.element).next() {
            Some(b"ISA") => (13, false),
            Some(b"IEA") => (2, false),
            Some(b"GS") => (6, true),
            Some(b"GE") => (2, true),
            _ => {
                template.push(segment);
                continue;
            }
        };
        let ends = |byte: &u8| *byte == delimiters.element || *byte == delimiters.segment;
        let marks: Vec<usize> = segment.iter().enumerate().filter(|(_, byte)| ends(byte)).map(|(at, _)| at).collect();
        let (Some(from), Some(to)) = (marks.get(element - 1), marks.get(element)) else {
            template.push(segment);
            continue;
        };
        template.push(&segment[..=*from]);
        match is_group {
            true => template.push_group_number(groups),
            false => template.push_interchange_number(),
        }
        template.push(&segment[*to..]);
        groups += u32::from(segment[start..].starts_with(b"GE"));
    }
    (template, groups)
}

#[cfg(test)]
mod tests {
    use super::unnumbered;
    use crate::lifecycle::Numbers;
    use crate::x12::delimiters::Delimiters;

    #[test]
    fn numbers_of_the_envelope_are_given_later_and_nothing_else_changes() {
        let text = "ISA*00*          *00*          *12*4085551000     *ZZ*HARBOR3PL      *261120*0930*U*00401*000000001*0*P*>~\n\
            GS*OW*US*THEM*20261120*0930*1*X*004010~\nST*940*0001~\nW05*N*GS*GE~\nSE*3*0001~\nGE*1*1~\n\
            GS*AR*US*THEM*20261120*0930*2*X*004010~\nGE*1*2~\nIEA*2*000000001~\n";
        let (template, groups) = unnumbered(text.as_bytes(), &Delimiters::default());
        assert_eq!(groups, 2);
        let filled = template.fill(Numbers { interchange: 1, first_group: 1 });
        assert_eq!(String::from_utf8(filled).unwrap(), text);
        let filled = String::from_utf8(template.fill(Numbers { interchange: 263, first_group: 41 })).unwrap();
        let expected =
            text.replace("000000001", "000000263").replace("0930*1*", "0930*41*").replace("GE*1*1~", "GE*1*41~");
        assert_eq!(filled, expected.replace("0930*2*", "0930*42*").replace("GE*1*2~", "GE*1*42~"));
    }
}
