//! What a TA1 says of an interchange of ours: for which it is, and what becomes of what is in it.

use std::io::Read;

use super::{DOCUMENTS, not_left, place};
use crate::diagnostic::{Diagnostic, codes};
use crate::lifecycle::AnswerState;
use crate::pipeline::Pipeline;
use crate::store::{Answered, Content, Delivery, Document, NumberKeys, StoreError};
use crate::x12::dictionary;
use crate::x12::envelope::InterchangeAcknowledgment;

/// TA105: an interchange of this number came before.
const DUPLICATE: &str = "025";
/// Bytes of an interchange that are looked into for its date and time; ISA has 106.
const HEAD: u64 = 106;

pub(super) async fn matched(
    pipeline: &Pipeline,
    (document, keys): (&Document, &NumberKeys),
    said: &InterchangeAcknowledgment,
    answered: &mut Answered,
) -> Result<(), StoreError> {
    let partner = document.partner.as_deref().unwrap_or_default();
    let number = said.control_number.trim_start_matches('0').parse::<u32>().unwrap_or(0);
    let sent = pipeline.store.sent_interchanges(partner, number, keys).await?;
    let Some((delivery, other)) = of_its_time(pipeline, said, &sent).await? else {
        let message = format!("{partner} acknowledges interchange {}, which was not sent to it", said.control_number);
        let none = || "no interchange to them on record with its usage has this number".to_owned();
        answered.unmatched(document, message, &sent.first().map_or_else(none, not_left));
        return Ok(());
    };
    let Some(now) = verdict(&said.code) else {
        answered.without_verdict(document, said);
        return Ok(());
    };
    // Partners write their own date into a TA1; only a rejection does harm to what it does not mean.
    if let (AnswerState::Rejected, Some([date, time])) = (now, other) {
        let message = format!("{partner} rejects interchange {} of another date", said.control_number);
        let (said_date, said_time) = (&said.date, &said.time);
        let cause =
            format!("TA102 and TA103 are {said_date} {said_time}; what was sent under this number is of {date} {time}");
        answered.unmatched(document, message, &cause);
        return Ok(());
    }
    let sent = pipeline.store.sent_in(delivery.id, DOCUMENTS).await?;
    let is_duplicate = |code: &str, note: &str| verdict(code) == Some(AnswerState::Rejected) && note == DUPLICATE;
    if is_duplicate(&said.code, &said.note) {
        answered.interchange = Some((delivery.id, format!("{} {}", said.code, said.note)));
        // What they have taken they have.
        if !sent.iter().all(|one| answered.answer_to(one).is_some_and(AnswerState::is_taken)) {
            answered.came_before(document, said);
        }
        return Ok(());
    }
    let before = delivery.interchange_answer.as_deref().and_then(|before| before.split_once(' '));
    let before = before.filter(|(code, note)| !is_duplicate(code, note)).and_then(|(code, _)| verdict(code));
    if let Some(before) = before.filter(|before| *before != now) {
        answered.against.extend(sent.iter().map(|one| (one.id, now)));
        answered.contradicts(document, &format!("interchange {}", said.control_number), now, before);
        return Ok(());
    }
    answered.interchange = Some((delivery.id, format!("{} {}", said.code, said.note)));
    if now == AnswerState::Rejected {
        reject(document, (delivery, &sent), said, answered);
    }
    Ok(())
}

/// Nothing of an interchange was taken.
fn reject(
    document: &Document,
    (delivery, sent): (&Delivery, &[Document]),
    said: &InterchangeAcknowledgment,
    answered: &mut Answered,
) {
    let name = dictionary::code_list("I18").and_then(|list| list.find(&said.note)?.name).unwrap_or("no reason");
    let why = format!("TA105 is {} ({name})", said.note);
    if delivery.is_acknowledgment() {
        answered.acknowledgment_refused(document, delivery, &why);
        return;
    }
    // What it says of one that is answered already contradicts that: a person is told.
    if delivery.answer == Some(AnswerState::Waiting) {
        answered.groups.push((delivery.id, AnswerState::Rejected));
    }
    for one in sent {
        let message = format!("the partner rejected interchange {}: {why}", said.control_number);
        let remedy = "correct the envelope in the partner's profile, then `crossdock document rerun`";
        let told = Diagnostic::new(codes::ACKNOWLEDGMENT_REJECTED, message, place(one)).remedy(remedy);
        answered.take(document, one, AnswerState::Rejected, vec![told]);
    }
}

/// TA104.
fn verdict(code: &str) -> Option<AnswerState> {
    match code {
        "A" | "E" => Some(AnswerState::Accepted),
        "R" => Some(AnswerState::Rejected),
        _ => None,
    }
}

/// Of what was sent under its number the interchange of its date and time (TA102, TA103); the first, with the date and time of
/// that, where none is.
async fn of_its_time<'d>(
    pipeline: &Pipeline,
    said: &InterchangeAcknowledgment,
    sent: &'d [Delivery],
) -> Result<Option<(&'d Delivery, Option<[String; 2]>)>, StoreError> {
    let mut others = None;
    for delivery in sent.iter().filter(|one| one.may_have_left()) {
        let content = pipeline.store.content(delivery.content).await?;
        let read = tokio::task::spawn_blocking(move || date_and_time(&content));
        match read.await.ok().flatten().filter(|of| !is_of(said, of)) {
            None => return Ok(Some((delivery, None))),
            Some(other) => others = others.or(Some((delivery, Some(other)))),
        }
    }
    Ok(others)
}

/// Some say the century and the seconds too, or nothing.
fn is_of(said: &InterchangeAcknowledgment, [date, time]: &[String; 2]) -> bool {
    (said.date.is_empty() || said.date.ends_with(date)) && (said.time.is_empty() || said.time.starts_with(time))
}

/// ISA09 and ISA10 of an interchange.
fn date_and_time(content: &Content) -> Option<[String; 2]> {
    let mut head = Vec::new();
    content.open().ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let mut elements = head.split(|byte| Some(byte) == head.get(3));
    let mut element = |at| Some(String::from_utf8_lossy(elements.nth(at)?).into_owned());
    Some([element(9)?, element(0)?])
}
