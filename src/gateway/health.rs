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
use crate::store::Counts;
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
    match pipeline.store.counts(Timestamp::now()).await {
        Ok(counts) => {
            let profiles = pipeline.edition().profiles.len();
            let mut text = exposition(&counts, profiles, Timestamp::now());
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
fn exposition(counts: &Counts, profiles: usize, now: Timestamp) -> String {
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
    gauge("profiles", "Partner profiles in force.", &[(String::new(), profiles as i64)]);
    out
}

#[cfg(test)]
mod tests {
    use super::exposition;
    use crate::store::Counts;

    #[test]
    fn metrics_are_in_the_text_format() {
        let counts = Counts {
            payloads: vec![("held".into(), 2)],
            last_event: 40,
            not_taken: 3,
            overdue: 1,
            cursors: vec![("erp-folder".into(), 38, 1)],
            ..Counts::default()
        };
        let text = exposition(&counts, 6, "2026-11-28T00:00:00Z".parse().unwrap());
        for line in [
            "crossdock_payloads{state=\"held\"} 2",
            "crossdock_events 40",
            "crossdock_events_behind{subscriber=\"erp-folder\"} 2",
            "crossdock_events_repeated{subscriber=\"erp-folder\"} 1",
            "crossdock_documents_not_taken 3",
            "crossdock_acknowledgments_overdue 1",
            "crossdock_oldest_waiting_seconds 0",
            "crossdock_profiles 6",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
