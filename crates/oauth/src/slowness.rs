//! What takes long is said while it is still under way, not only once it is over.

use std::pin::pin;
use std::time::Duration;

/// Waits for `exchange`. When it takes longer than `limit`, calls `notice`, once, and waits on. The second value tells
/// whether it came to that.
pub(crate) async fn noticed<T>(exchange: impl Future<Output = T>, limit: Duration, notice: impl FnOnce()) -> (T, bool) {
    let mut exchange = pin!(exchange);
    tokio::select! {
        biased;
        outcome = &mut exchange => return (outcome, false),
        () = tokio::time::sleep(limit) => notice(),
    }
    (exchange.await, true)
}

/// The time after which an exchange, its retries and waits included, counts as slow.
pub(crate) const SLOW: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_slow_exchange_is_noticed_before_its_end() {
        let noticed_now = Notify::new();
        // Ends only because it was noticed under way.
        let exchange = async {
            noticed_now.notified().await;
            "token"
        };
        let all = noticed(exchange, Duration::from_millis(1), || noticed_now.notify_one());
        let outcome = tokio::time::timeout(Duration::from_secs(5), all).await;
        assert_eq!(outcome.expect("nothing was said under way"), ("token", true));
    }

    #[tokio::test]
    async fn a_quick_exchange_passes_without_a_word() {
        let outcome = noticed(async { "token" }, Duration::ZERO, || panic!("said to be slow")).await;
        assert_eq!(outcome, ("token", false));
    }
}
