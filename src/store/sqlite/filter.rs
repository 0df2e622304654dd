//! A filter as conditions of a statement.
//!
//! What all kinds of rows have is asked in one place, which takes the filter apart whole: a field that comes to it does not compile
//! before it is thought of there. A test walks through each field and each kind: what a filter does not narrow a command acts on.

use sqlx::{Encode, QueryBuilder, Sqlite, Type};

use super::row::time;
use crate::lifecycle::AnswerState;
use crate::store::{Filter, Window};

type Query = QueryBuilder<Sqlite>;

/// How a kind of row says what a filter asks for; `?` is what is asked. In the statement the rows are `t`.
struct Rows {
    received: &'static str,
    partner: &'static str,
    direction: &'static str,
    file_name: &'static str,
    payload: &'static str,
    code: &'static str,
    few: Few,
}

const PAYLOADS: Rows = Rows {
    received: "t.received_at",
    // Of a file that lay in another partner's mailbox both are asked.
    partner: "? IN (t.partner, t.mailbox)",
    direction: "t.direction = ?",
    file_name: "t.file_name GLOB ?",
    payload: "t.id = ?",
    code: "t.id IN (SELECT payload FROM findings WHERE code = ?)",
    few: Few { states: &["received", "held", "duplicate", "discarded"], condition: " AND t.state <> 'translated'" },
};

/// Their payloads are `p`.
const DOCUMENTS: Rows = Rows {
    received: "t.received_at",
    partner: "t.partner = ?",
    direction: "t.direction = ?",
    file_name: "p.file_name GLOB ?",
    payload: "t.payload = ?",
    code: "t.id IN (SELECT document FROM findings WHERE code = ?)",
    few: Few {
        states: &["staged", "held", "refused", "queued"],
        condition: " AND t.state IN ('staged', 'held', 'refused', 'queued')",
    },
};

const DELIVERIES: Rows = Rows {
    received: "t.created_at",
    partner: "t.partner = ?",
    // They all go out.
    direction: "'out' = ?",
    file_name: "t.file_name GLOB ?",
    // Of one that collects documents those of several payloads go out together.
    payload: "(t.payload = ? OR t.id IN (SELECT delivery FROM documents WHERE payload = ?))",
    code: "t.diagnostics LIKE '%\"code\":\"' || ? || '\"%'",
    few: Few {
        states: &["collecting", "waiting", "placed", "held"],
        condition: " AND t.state IN ('collecting', 'waiting', 'placed', 'held')",
    },
};

/// Only the payloads that the filter takes.
pub(super) fn payloads(query: &mut Query, filter: &Filter) {
    of_rows(query, filter, &PAYLOADS);
    let Filter { kind, answer, unanswered_at, business_number, control_number, event, delivery, now, .. } = filter;
    if let Some(delivery) = delivery {
        // An acknowledgment has no documents, and was made for a payload.
        query.push(" AND t.id IN (SELECT payload FROM deliveries WHERE id = ").push_bind(*delivery);
        query.push(" UNION SELECT payload FROM documents AS d WHERE true");
        in_delivery(query, (*delivery, *now), "d");
        query.push(")");
    }
    let others = unanswered_at.is_some() || [kind, answer, business_number, event].into_iter().any(Option::is_some);
    if others || control_number.is_some() {
        query.push(" AND t.id IN (SELECT payload FROM documents AS d WHERE true");
        of_document(query, filter, "d");
        if let Some(number) = control_number.as_deref().filter(|_| !others) {
            // Of what is held whole, came before, or holds nothing there are no documents.
            for table in ["interchanges", "interchanges_read"] {
                query
                    .push(format!(" UNION SELECT payload FROM {table} WHERE control_number = "))
                    .push_bind(bare(number));
            }
        }
        query.push(")");
    }
}

/// Only the documents that the filter takes.
pub(super) fn documents(query: &mut Query, filter: &Filter) {
    of_rows(query, filter, &DOCUMENTS);
    if let Some(delivery) = filter.delivery {
        in_delivery(query, (delivery, filter.now), "t");
    }
    of_document(query, filter, "t");
}

/// Only the deliveries that the filter takes.
pub(super) fn deliveries(query: &mut Query, filter: &Filter) {
    of_rows(query, filter, &DELIVERIES);
    let Filter { kind, answer, unanswered_at, business_number, control_number, event, delivery, .. } = filter;
    asks(query, "t.id = ?", delivery.as_ref());
    if let Some(due) = unanswered_at {
        query.push(" AND t.state = 'delivered' AND t.answer_due <= ").push_bind(time(*due));
    }
    if let Some(answer) = answer {
        said(query, answer, "t");
    }
    asks(query, "t.interchange_number = ?", control_number.as_deref().map(bare).as_ref());
    if [kind, business_number, event].into_iter().any(Option::is_some) {
        query.push(" AND t.id IN (SELECT delivery FROM documents AS d WHERE true");
        // What the partner says is said of the delivery, and its number is the interchange's.
        let of_it = Filter { answer: None, unanswered_at: None, control_number: None, ..filter.clone() };
        of_document(query, &of_it, "d");
        query.push(")");
    }
}

/// Which part of what is taken.
pub(super) fn window(query: &mut Query, window: Window) {
    if let Some(behind) = window.behind {
        query.push(if window.newest_first { " AND t.id < " } else { " AND t.id > " }).push_bind(behind);
    }
    query.push(if window.newest_first { " ORDER BY t.id DESC" } else { " ORDER BY t.id" });
    query.push(" LIMIT ").push_bind(window.limit);
}

/// What every kind of row has.
fn of_rows(query: &mut Query, filter: &Filter, rows: &Rows) {
    // Whole, for what a filter does not narrow a command acts on.
    let Filter {
        ids,
        states,
        since,
        until,
        partner,
        direction,
        code,
        file_name,
        payload,
        // What only documents have, and what they stand in, each kind asks of them.
        kind: _,
        answer: _,
        unanswered_at: _,
        business_number: _,
        control_number: _,
        event: _,
        delivery: _,
        now: _,
    } = filter;
    query.push(" WHERE true");
    if !ids.is_empty() {
        let mut list = query.push(" AND t.id IN (").separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
    }
    if !states.is_empty() {
        let mut list = query.push(" AND t.state IN (").separated(", ");
        for state in states {
            list.push_bind(state.clone());
        }
        query.push(")");
    }
    asks(query, &format!("{} >= ?", rows.received), since.map(time).as_ref());
    asks(query, &format!("{} < ?", rows.received), until.map(time).as_ref());
    rows.few.say(query, filter);
    asks(query, rows.partner, partner.as_ref());
    asks(query, rows.direction, direction.as_ref());
    asks(query, rows.file_name, file_name.as_ref());
    asks(query, rows.payload, payload.as_ref());
    asks(query, rows.code, code.as_ref());
}

/// Says a condition, with the value in the place of each `?`, where one is asked for.
fn asks<T>(query: &mut Query, condition: &str, value: Option<&T>)
where
    T: Clone + Type<Sqlite> + for<'q> Encode<'q, Sqlite> + Send + 'static,
{
    let Some(value) = value else { return };
    for (number, part) in condition.split('?').enumerate() {
        if number == 0 {
            query.push(" AND ");
        } else {
            query.push_bind(value.clone());
        }
        query.push(part);
    }
}

/// What only documents have.
fn of_document(query: &mut Query, filter: &Filter, table: &str) {
    let Filter { kind, answer, unanswered_at, business_number, control_number, event, now, .. } = filter;
    if let Some(event) = event {
        // That of the ERP which it submits, or ours that was published; `OR` would go through all documents.
        query.push(format!(" AND {table}.id IN (SELECT id FROM documents WHERE direction = 'out' AND event = "));
        query.push_bind(event.clone()).push(" UNION SELECT document FROM events WHERE id = ");
        query.push_bind(event.clone()).push(")");
    }
    if let Some(kind) = kind {
        query.push(format!(" AND ({table}.type = ")).push_bind(kind.clone());
        query.push(format!(" OR {table}.document LIKE '%/' || ")).push_bind(kind.clone()).push(")");
    }
    if let Some(answer) = answer {
        said(query, answer, table);
    }
    if let Some(due) = unanswered_at {
        query.push(format!(" AND EXISTS (SELECT 1 FROM deliveries WHERE id = {table}.delivery"));
        query.push(" AND state = 'delivered' AND answer_due <= ").push_bind(time(*due)).push(")");
    }
    if let Some(number) = business_number {
        // Also what had it before it was corrected; `OR` would go through all documents.
        query.push(format!(" AND {table}.id IN (SELECT id FROM documents WHERE business_number = "));
        query.push_bind(number.clone()).push(" UNION SELECT document FROM former_numbers WHERE business_number = ");
        query.push_bind(number.clone()).push(")");
    }
    if let Some(number) = control_number {
        let numbers = |query: &mut Query, table: &str| {
            for (index, column) in ["interchange_number", "group_number", "set_number"].into_iter().enumerate() {
                query.push(if index == 0 { "" } else { " OR " });
                query.push(format!("ltrim({table}.{column}, '0') = ")).push_bind(bare(number));
            }
        };
        query.push(" AND (");
        numbers(query, table);
        if !now {
            query.push(format!(" OR {table}.id IN (SELECT document FROM sent_before AS s WHERE "));
            numbers(query, "s");
            query.push(")");
        }
        query.push(")");
    }
}

/// Only what the partner says this of; what has not left waits for no answer.
fn said(query: &mut Query, answer: &str, table: &str) {
    query.push(format!(" AND {table}.answer = ")).push_bind(answer.to_owned());
    if answer == AnswerState::Waiting.word() {
        query.push(format!(" AND {table}.state = 'delivered'"));
    }
}

/// What stands in a delivery, or also did before it was written anew.
fn in_delivery(query: &mut Query, (delivery, now): (i64, bool), table: &str) {
    query.push(format!(" AND ({table}.delivery = ")).push_bind(delivery);
    if !now {
        query.push(format!(" OR {table}.id IN (SELECT document FROM sent_before WHERE delivery = "));
        query.push_bind(delivery).push(")");
    }
    query.push(")");
}

/// A control number without the zeros before it.
fn bare(number: &str) -> String {
    number.trim_start_matches('0').to_owned()
}

/// Words of states of which rows are few at any time, and the condition of the index that has only those, as the migrations
/// write it: it is used where a statement says just the same.
struct Few {
    states: &'static [&'static str],
    condition: &'static str,
}

impl Few {
    /// Says the condition where the filter asks for no other rows.
    fn say(&self, query: &mut Query, filter: &Filter) {
        if !filter.states.is_empty() && filter.states.iter().all(|state| self.states.contains(&state.as_str())) {
            query.push(self.condition);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::super::read::DOCUMENT;
    use super::*;

    #[tokio::test]
    async fn what_an_order_asks_of_each_document_is_found_without_going_through_the_record() {
        let (folder, database) = plan::record("filter").await;
        let event = Filter { event: Some("e".to_owned()), direction: Some("out".to_owned()), ..Filter::default() };
        let number = Filter { business_number: Some("SO1".to_owned()), ..Filter::default() };
        for filter in [event, number, Filter::in_delivery(1), Filter { delivery: Some(1), ..Filter::default() }] {
            let mut query = Query::new(DOCUMENT);
            documents(&mut query, &filter);
            window(&mut query, Window::first(50));
            let steps = plan::steps(&database, query.sql().as_str()).await;
            assert!(!steps.iter().any(|step| step.contains("SCAN")), "{filter:?}: {steps:#?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
