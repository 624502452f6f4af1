//! The metrics of this process. There is one recorder a process: that is how the `metrics` crate works.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Upper bounds of the time histograms, in seconds: from a cached redirect to a stuck request.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// How long measured times are kept one by one.
const UPKEEP: Duration = Duration::from_secs(5);

/// The handle that renders the metrics; the first call installs the recorder.
pub fn handle() -> &'static PrometheusHandle {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .unwrap_or_else(|_no_buckets| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics was installed before; /metrics stays empty");
        }
        describe();
        handle
    })
}

/// Folds what was measured into the histograms every few seconds, for ever. Each measured time is kept by itself until
/// then, or until somebody reads the metrics; where nobody does, memory would grow with every request.
pub(super) async fn keep_small() {
    loop {
        handle().run_upkeep();
        tokio::time::sleep(UPKEEP).await;
    }
}

/// The series of one kind of answer.
struct Series {
    method: &'static str,
    status: u16,
    answers: Counter,
    seconds: Histogram,
}

thread_local! {
    /// By route. Looking a series up anew for each request costs more than counting in it.
    static SERIES: RefCell<HashMap<String, Vec<Series>>> = RefCell::default();
}

/// Counts an answered request.
pub(super) fn count_request(method: &'static str, route: &str, status: u16, took: Duration) {
    SERIES.with_borrow_mut(|all| {
        let of_route = match all.get_mut(route) {
            Some(known) => known,
            None => all.entry(route.to_owned()).or_default(),
        };
        if let Some(known) = of_route.iter().find(|one| one.method == method && one.status == status) {
            known.answers.increment(1);
            known.seconds.record(took);
            return;
        }
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        let answers = metrics::counter!("kopilka_http_requests_total", &labels);
        let seconds = metrics::histogram!("kopilka_http_request_seconds", "route" => route.to_owned());
        answers.increment(1);
        seconds.record(took);
        of_route.push(Series { method, status, answers, seconds });
    });
}

/// What each metric is. docs/OPERATING.md has the same list.
fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("kopilka_http_requests_total", "Requests answered, by method, route and status.");
    describe_histogram!("kopilka_http_request_seconds", Unit::Seconds, "Time to answer, by route.");
    describe_counter!("kopilka_postbacks_total", "Partners' calls taken in, by verdict.");
    describe_counter!("kopilka_webhooks_total", "Payout providers' messages, by what became of them.");
    describe_counter!("kopilka_payout_changes_total", "Payouts that came into a state, by state.");
    describe_counter!(
        "kopilka_payout_attention_total",
        "Payouts that came to wait for a person, but for reviews, by why."
    );
    describe_counter!("kopilka_payout_unknown_money_total", "Movements at a provider that no payout explains.");
    describe_counter!("kopilka_hook_messages_tried_total", "Our own webhooks that were sent, or tried.");
    describe_counter!("kopilka_hooks_switched_off_total", "Endpoints of our webhooks that were switched off.");
    describe_counter!("kopilka_job_items_total", "What work that runs by itself has done, by job.");
    describe_counter!("kopilka_job_failures_total", "Runs that failed, by job.");
    describe_counter!("kopilka_jobs_dead_total", "Jobs that are not tried again, by job.");
    describe_gauge!("kopilka_jobs_oldest_due_seconds", Unit::Seconds, "How long the oldest due job has waited.");
    describe_gauge!("kopilka_alarms", "What is wrong, by rule.");
    describe_histogram!(
        "kopilka_lane_batch_size",
        "Writes in one transaction; what is written together counts as one."
    );
    describe_histogram!("kopilka_set_size", "Clicks, calls, payouts or done jobs that were written together.");
    describe_histogram!("kopilka_question_size", "Callers that were asked for together.");
    describe_histogram!("kopilka_stream_batch_size", "Clicks in one message to the stream.");
    describe_histogram!("kopilka_stream_ack_seconds", Unit::Seconds, "Time until the stream acknowledged a message.");
    describe_counter!("kopilka_clicks_stored_total", "Clicks that a worker stored from the stream.");
    describe_counter!("kopilka_clicks_again_total", "Clicks of the stream that were stored already.");
    describe_counter!("kopilka_clicks_aside_total", "Clicks of the stream that cannot be stored, put aside.");
}
