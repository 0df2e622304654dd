//! Is it alive, is it ready, how much of what: for supervisors and Prometheus. Loopback unless told otherwise; says nothing
//! of what is in the documents.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::error;

use crate::pipeline::Pipeline;
use crate::store::{Counts, NotTaken, StoreError, VisitState};
use crate::transport::sftp::server::Counters;

/// What is asked.
type Served = (Pipeline, Option<Arc<Counters>>);

pub(super) async fn bind(address: &str) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers until `stop`.
pub(super) async fn serve(
    listener: TcpListener,
    pipeline: Pipeline,
    drop_box: Option<Arc<Counters>>,
    mut stop: watch::Receiver<bool>,
) {
    let routes = Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state((pipeline, drop_box));
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    if let Err(failed) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
        error!("health and metrics are not served any more: {failed}");
    }
}

/// Ready when the store answers, and takes what is received.
async fn ready(State((pipeline, _)): State<Served>) -> (StatusCode, String) {
    let why = match (pipeline.store.counts(Timestamp::now()).await, pipeline.unrecorded.files()) {
        (Ok(_), 0) => return (StatusCode::OK, "ready\n".to_owned()),
        (Ok(_), files) => format!("files that were taken and cannot be recorded: {files}; the log says why"),
        (Err(failed), _) => failed.to_string(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n"))
}

async fn metrics(State((pipeline, drop_box)): State<Served>) -> impl IntoResponse {
    let store = &pipeline.store;
    let seen = async { Ok::<_, StoreError>((store.counts(Timestamp::now()).await?, store.visits().await?)) };
    match seen.await {
        Ok((counts, mut visits)) => {
            let edition = pipeline.edition();
            // Of those that profiles do not ask for any more the record still knows.
            visits.retain(|one| {
                let sftp = edition.profile(&one.partner).and_then(|profile| profile.sftp());
                sftp.is_some_and(|sftp| match one.folder.as_str() {
                    "" => sftp.push.is_some(),
                    folder => sftp.poll.iter().any(|poll| poll.folder == folder),
                })
            });
            let mut text = exposition(&counts, &visits, edition.profiles.len(), Timestamp::now());
            for (name, help, value) in drop_box.iter().flat_map(|counters| counters.list()) {
                let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
                text.push_str(&format!(
                    "# HELP crossdock_{name} {help}\n# TYPE crossdock_{name} {kind}\ncrossdock_{name} {value}\n"
                ));
            }
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
        }
        Err(failed) => {
            let text = format!("# {failed}\n");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
        }
    }
}

/// The metrics in the text format of Prometheus.
fn exposition(counts: &Counts, visits: &[VisitState], profiles: usize, now: Timestamp) -> String {
    let mut out = String::new();
    let mut gauge = |name: &str, help: &str, samples: &[(String, i64)]| {
        out.push_str(&format!("# HELP crossdock_{name} {help}\n# TYPE crossdock_{name} gauge\n"));
        for (labels, value) in samples {
            out.push_str(&format!("crossdock_{name}{labels} {value}\n"));
        }
    };
    let by = |label: &str, list: &[(String, i64)]| {
        list.iter().map(|(word, count)| (format!("{{{label}=\"{word}\"}}"), *count)).collect::<Vec<_>>()
    };
    gauge(
        "payloads",
        "Payloads that wait, are held, duplicate or discarded, by state.",
        &by("state", &counts.payloads),
    );
    gauge("documents", "Documents that are not done with, by state.", &by("state", &counts.documents));
    gauge(
        "deliveries",
        "Deliveries that wait, are to be fetched or are held, by state.",
        &by("state", &counts.deliveries),
    );
    gauge("events", "Number of the last event in the log.", &[(String::new(), counts.last_event)]);
    let behind: Vec<(String, i64)> = counts
        .cursors
        .iter()
        .map(|(name, sequence, _)| (format!("{{subscriber=\"{name}\"}}"), counts.last_event - sequence))
        .collect();
    gauge("events_behind", "Events that a subscriber has still to take.", &behind);
    let repeated: Vec<(String, i64)> =
        counts.cursors.iter().map(|(name, _, repeated)| (format!("{{subscriber=\"{name}\"}}"), *repeated)).collect();
    gauge("events_repeated", "Events that were found done already after a stop.", &repeated);
    let not_taken = [(String::new(), counts.not_taken)];
    gauge("documents_not_taken", "Documents sent that the partner's acknowledgment rejects.", &not_taken);
    let overdue = [(String::new(), counts.overdue)];
    gauge("acknowledgments_overdue", "Interchanges whose acknowledgment should be here.", &overdue);
    let age = counts.oldest_waiting.map_or(0, |oldest| now.duration_since(oldest).as_secs());
    gauge("oldest_waiting_seconds", "Age of the payload that has waited longest.", &[(String::new(), age)]);
    let age = |one: &NotTaken| (format!("{{partner=\"{}\"}}", one.partner), now.duration_since(one.oldest).as_secs());
    let ages: Vec<(String, i64)> = counts.to_fetch.iter().map(age).collect();
    gauge("oldest_to_fetch_seconds", "Age of the oldest delivery that a partner has to fetch.", &ages);
    let of_each = |value: &dyn Fn(&VisitState) -> i64| -> Vec<(String, i64)> {
        let labels = |one: &VisitState| format!("{{partner=\"{}\",folder=\"{}\"}}", one.partner, escaped(&one.folder));
        visits.iter().map(|one| (labels(one), value(one))).collect()
    };
    let failures = of_each(&|one| i64::from(one.failures));
    gauge(
        "visit_failures",
        "Visits to a partner's server that failed in a row; without a folder, those that put files there.",
        &failures,
    );
    let ages = of_each(&|one| one.last_at.map_or(-1, |at| now.duration_since(at).as_secs()));
    gauge("visit_age_seconds", "How long ago the last visit that went well was; -1 where there was none.", &ages);
    gauge("profiles", "Partner profiles in force.", &[(String::new(), profiles as i64)]);
    out
}

/// The value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::exposition;
    use crate::store::{Counts, NotTaken, VisitState};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn metrics_are_in_the_text_format() {
        let counts = Counts {
            payloads: vec![("held".into(), 2)],
            last_event: 40,
            not_taken: 3,
            overdue: 1,
            to_fetch: vec![NotTaken { partner: "alder".into(), count: 2, oldest: at("2026-11-27T23:00:00Z") }],
            cursors: vec![("erp-folder".into(), 38, 1)],
            ..Counts::default()
        };
        let visit = |folder: &str, last_at: Option<&str>, failures| VisitState {
            partner: "birch".into(),
            folder: folder.into(),
            last_at: last_at.map(at),
            failed_at: None,
            failures,
            next_at: at("2026-11-28T00:01:00Z"),
            needs_person: false,
            diagnostics: Vec::new(),
        };
        let visits = [visit("/a \"b\"", Some("2026-11-27T23:59:00Z"), 0), visit("", None, 3)];
        let text = exposition(&counts, &visits, 6, at("2026-11-28T00:00:00Z"));
        for line in [
            "crossdock_payloads{state=\"held\"} 2",
            "crossdock_events 40",
            "crossdock_events_behind{subscriber=\"erp-folder\"} 2",
            "crossdock_events_repeated{subscriber=\"erp-folder\"} 1",
            "crossdock_documents_not_taken 3",
            "crossdock_acknowledgments_overdue 1",
            "crossdock_oldest_waiting_seconds 0",
            "crossdock_oldest_to_fetch_seconds{partner=\"alder\"} 3600",
            "crossdock_visit_failures{partner=\"birch\",folder=\"\"} 3",
            "crossdock_visit_age_seconds{partner=\"birch\",folder=\"\"} -1",
            "crossdock_visit_age_seconds{partner=\"birch\",folder=\"/a \\\"b\\\"\"} 60",
            "crossdock_profiles 6",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
