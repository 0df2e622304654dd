//! A filter as conditions of a statement.
//!
//! Each kind of row takes the filter apart whole, so that a field that is forgotten does not compile: what a filter does not
//! narrow a command acts on.

use sqlx::{QueryBuilder, Sqlite};

use super::row::time;
use crate::store::{Filter, Window};

type Query = QueryBuilder<Sqlite>;

/// Only the payloads that the filter takes, of a statement in which they are `t`.
pub(super) fn payloads(query: &mut Query, filter: &Filter) {
    let Filter {
        ids: _,
        states: _,
        since: _,
        until: _,
        partner,
        kind,
        direction,
        answer,
        unanswered_at,
        code,
        business_number,
        file_name,
        control_number,
        event,
        payload,
        delivery,
        now,
    } = filter;
    common(query, filter, "t.received_at");
    FEW_PAYLOADS.say(query, filter);
    if let Some(partner) = partner {
        // Of a file that lay in another partner's mailbox both are asked.
        query.push(" AND ").push_bind(partner.clone()).push(" IN (t.partner, t.mailbox)");
    }
    if let Some(direction) = direction {
        query.push(" AND t.direction = ").push_bind(direction.clone());
    }
    if let Some(name) = file_name {
        query.push(" AND t.file_name GLOB ").push_bind(name.clone());
    }
    if let Some(payload) = payload {
        query.push(" AND t.id = ").push_bind(*payload);
    }
    if let Some(delivery) = delivery {
        // An acknowledgment has no documents, and was made for a payload.
        query.push(" AND t.id IN (SELECT payload FROM deliveries WHERE id = ").push_bind(*delivery);
        query.push(" UNION SELECT payload FROM documents AS d WHERE true");
        in_delivery(query, (*delivery, *now), "d");
        query.push(")");
    }
    if let Some(code) = code {
        query.push(" AND t.id IN (SELECT payload FROM findings WHERE code = ").push_bind(code.clone()).push(")");
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

/// Only the documents that the filter takes, of a statement in which they are `t` and their payloads `p`.
pub(super) fn documents(query: &mut Query, filter: &Filter) {
    let Filter {
        ids: _,
        states: _,
        since: _,
        until: _,
        kind: _,
        answer: _,
        unanswered_at: _,
        business_number: _,
        control_number: _,
        event: _,
        partner,
        direction,
        code,
        file_name,
        payload,
        delivery,
        now,
    } = filter;
    common(query, filter, "t.received_at");
    FEW_DOCUMENTS.say(query, filter);
    if let Some(partner) = partner {
        query.push(" AND t.partner = ").push_bind(partner.clone());
    }
    if let Some(direction) = direction {
        query.push(" AND t.direction = ").push_bind(direction.clone());
    }
    if let Some(name) = file_name {
        query.push(" AND p.file_name GLOB ").push_bind(name.clone());
    }
    if let Some(payload) = payload {
        query.push(" AND t.payload = ").push_bind(*payload);
    }
    if let Some(delivery) = delivery {
        in_delivery(query, (*delivery, *now), "t");
    }
    if let Some(code) = code {
        query.push(" AND t.id IN (SELECT document FROM findings WHERE code = ").push_bind(code.clone()).push(")");
    }
    of_document(query, filter, "t");
}

/// Only the deliveries that the filter takes, of a statement in which they are `t`.
pub(super) fn deliveries(query: &mut Query, filter: &Filter) {
    let Filter {
        ids: _,
        states: _,
        since: _,
        until: _,
        partner,
        kind,
        direction,
        answer,
        unanswered_at,
        code,
        business_number,
        file_name,
        control_number,
        event,
        payload,
        delivery,
        now,
    } = filter;
    common(query, filter, "t.created_at");
    FEW_DELIVERIES.say(query, filter);
    if let Some(partner) = partner {
        query.push(" AND t.partner = ").push_bind(partner.clone());
    }
    if let Some(direction) = direction {
        // They all go out.
        query.push(" AND 'out' = ").push_bind(direction.clone());
    }
    if let Some(name) = file_name {
        query.push(" AND t.file_name GLOB ").push_bind(name.clone());
    }
    if let Some(payload) = payload {
        // Of one that collects documents those of several payloads go out together.
        query.push(" AND (t.payload = ").push_bind(*payload);
        query.push(" OR t.id IN (SELECT delivery FROM documents WHERE payload = ").push_bind(*payload).push("))");
    }
    if let Some(delivery) = delivery {
        query.push(" AND t.id = ").push_bind(*delivery);
    }
    if let Some(due) = unanswered_at {
        query.push(" AND t.state = 'delivered' AND t.answer_due <= ").push_bind(time(*due));
    }
    if let Some(answer) = answer {
        query.push(" AND t.answer = ").push_bind(answer.clone());
    }
    if let Some(number) = control_number {
        query.push(" AND t.interchange_number = ").push_bind(bare(number));
    }
    if let Some(code) = code {
        query.push(" AND t.diagnostics LIKE '%\"code\":\"' || ").push_bind(code.clone()).push(" || '\"%'");
    }
    if [kind, business_number, event].into_iter().any(Option::is_some) {
        query.push(" AND t.id IN (SELECT delivery FROM documents AS d WHERE true");
        // What the partner says is said of the delivery, and its number is the interchange's.
        let of_it = Filter { answer: None, unanswered_at: None, control_number: None, now: *now, ..filter.clone() };
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
fn common(query: &mut Query, Filter { ids, states, since, until, .. }: &Filter, received: &str) {
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
    if let Some(since) = since {
        query.push(format!(" AND {received} >= ")).push_bind(time(*since));
    }
    if let Some(until) = until {
        query.push(format!(" AND {received} < ")).push_bind(time(*until));
    }
}

/// What only documents have.
fn of_document(query: &mut Query, filter: &Filter, table: &str) {
    let Filter { kind, answer, unanswered_at, business_number, control_number, event, now, .. } = filter;
    if let Some(event) = event {
        query.push(format!(" AND ({table}.event = ")).push_bind(event.clone());
        query.push(format!(" OR {table}.id IN (SELECT document FROM events WHERE id = "));
        query.push_bind(event.clone()).push("))");
    }
    if let Some(kind) = kind {
        query.push(format!(" AND ({table}.type = ")).push_bind(kind.clone());
        query.push(format!(" OR {table}.document LIKE '%/' || ")).push_bind(kind.clone()).push(")");
    }
    if let Some(answer) = answer {
        query.push(format!(" AND {table}.answer = ")).push_bind(answer.clone());
    }
    if let Some(due) = unanswered_at {
        query.push(format!(" AND EXISTS (SELECT 1 FROM deliveries WHERE id = {table}.delivery"));
        query.push(" AND state = 'delivered' AND answer_due <= ").push_bind(time(*due)).push(")");
    }
    if let Some(number) = business_number {
        query.push(format!(" AND {table}.business_number = ")).push_bind(number.clone());
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

const FEW_PAYLOADS: Few =
    Few { states: &["received", "held", "duplicate", "discarded"], condition: " AND t.state <> 'translated'" };
const FEW_DOCUMENTS: Few = Few {
    states: &["staged", "held", "refused", "queued"],
    condition: " AND t.state IN ('staged', 'held', 'refused', 'queued')",
};
const FEW_DELIVERIES: Few = Few {
    states: &["collecting", "waiting", "placed", "held"],
    condition: " AND t.state IN ('collecting', 'waiting', 'placed', 'held')",
};

impl Few {
    /// Says the condition where the filter asks for no other rows.
    fn say(&self, query: &mut Query, filter: &Filter) {
        if !filter.states.is_empty() && filter.states.iter().all(|state| self.states.contains(&state.as_str())) {
            query.push(self.condition);
        }
    }
}
