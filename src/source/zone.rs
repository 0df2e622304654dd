//! Time zones as people write them in profiles and mappings.

use jiff::tz::TimeZone;

use crate::diagnostic::suggest;

/// What people call their time by, and a zone that has it.
const ABBREVIATED: [(&[&str], &str); 5] = [
    (&["ET", "EDT"], "America/New_York"),
    (&["CT", "CST", "CDT"], "America/Chicago"),
    (&["MT", "MDT"], "America/Denver"),
    (&["PT", "PST", "PDT"], "America/Los_Angeles"),
    (&["BST"], "Europe/London"),
];

/// Names of the database that have no summer time, which hardly anybody means by them; a zone that has it, and one without.
const WITHOUT_SUMMER: [(&str, &str, &str); 2] =
    [("EST", "America/New_York", "America/Panama"), ("MST", "America/Denver", "America/Phoenix")];

/// The zone of this name in the IANA database.
///
/// # Errors
/// What is wrong with the name, to go behind it in a sentence, and what to do.
pub fn time_zone(name: &str) -> Result<TimeZone, (String, String)> {
    if let Some((_, with, without)) = WITHOUT_SUMMER.iter().find(|(known, ..)| *known == name) {
        let remedy = format!("write a city whose clocks theirs follow: \"{with}\"; \"{without}\" where there is none");
        return Err(("has no summer time".to_owned(), remedy));
    }
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(zone);
    }
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let by_letters = ABBREVIATED.iter().find(|(letters, _)| letters.contains(&name));
    if let Some((_, zone)) = by_letters {
        return Err((
            "is no time zone".to_owned(),
            format!("write a city whose clocks theirs follow, such as \"{zone}\""),
        ));
    }
    // People write the city; the zone is called by its continent too.
    let city = |zone: &&String| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let otherwise =
        "write a city of the IANA time zone database whose clocks theirs follow, such as \"America/Denver\"";
    let remedy = match (known.iter().find(city), suggest::nearest(name, known.iter().map(String::as_str))) {
        (Some(city), _) => format!("did you mean `{city}`?"),
        (None, Some(near)) => format!("did you mean `{near}`? Else {otherwise}"),
        (None, None) => otherwise.to_owned(),
    };
    Err(("is no time zone".to_owned(), remedy))
}
