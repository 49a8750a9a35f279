//! A token and its response.

use std::time::{Duration, SystemTime};

use super::{Secret, StatedScopes};

/// An access token and the facts of its response (RFC 6749 section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The bearer token. Its structure is opaque.
    pub access_token: Secret,
    /// The type as in the response, or `Bearer` without one. Always bearer, in any case.
    pub token_type: String,
    /// The arrival of the response, by the local clock.
    pub issued_at: SystemTime,
    /// Local clock minus the response's `Date` header, in whole seconds; `None` without such a header.
    pub clock_skew_seconds: Option<i64>,
    /// The expiry, by the local clock; `None` if unknown.
    pub expires_at: Option<SystemTime>,
    /// The `scope` of the response.
    pub scope: StatedScopes,
    /// The scopes in the token's claims, if the response has none and the token is a JWT.
    pub claimed_scopes: StatedScopes,
    /// The OpenID Connect identity token, if there is one.
    pub id_token: Option<Secret>,
}

impl Token {
    /// The remaining lifetime at `now`, zero after the expiry; `None` if unknown.
    pub fn remaining(&self, now: SystemTime) -> Option<Duration> {
        self.expires_at.map(|end| end.duration_since(now).unwrap_or(Duration::ZERO))
    }

    /// The remaining lifetime at `now` in whole seconds, for a caller that asked at `asked_at`; `None` if unknown.
    ///
    /// A token that was issued since then counts with its full lifetime: milliseconds in flight must not make 3599
    /// seconds of an hour. Parts of a second are rounded up, because `exp` and `iat` have none. A cached token counts
    /// with the rest.
    pub fn life_for(&self, asked_at: SystemTime, now: SystemTime) -> Option<Duration> {
        let seconds = match self.issued_at >= asked_at {
            true => self.lifetime()?.saturating_add(Duration::from_nanos(999_999_999)).as_secs(),
            false => self.remaining(now)?.as_secs(),
        };
        Some(Duration::from_secs(seconds))
    }

    /// The full lifetime, from issue to expiry; `None` if unknown.
    pub fn lifetime(&self) -> Option<Duration> {
        self.remaining(self.issued_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(expires_in: Option<u64>) -> Token {
        let issued_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        Token {
            access_token: Secret::new("canary-access-token"),
            token_type: "Bearer".into(),
            issued_at,
            clock_skew_seconds: None,
            expires_at: expires_in.map(|seconds| issued_at + Duration::from_secs(seconds)),
            scope: StatedScopes::Absent,
            claimed_scopes: StatedScopes::Absent,
            id_token: Some(Secret::new("canary-id-token")),
        }
    }

    #[test]
    fn remaining_life_is_never_negative() {
        let token = token(Some(60));
        let at = |seconds| token.remaining(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_010), Some(Duration::from_secs(50)));
        assert_eq!(at(2_000), Some(Duration::ZERO));
        assert_eq!(token.lifetime(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_fresh_token_counts_with_its_issued_life_and_a_kept_one_with_what_is_left() {
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let hour = token(Some(3600));
        let cases = [
            ("fresh", hour.clone(), 999_900, 1_000_400, Some(3600)),
            ("fresh, and slow steps since", hour.clone(), 1_000_000, 1_090_000, Some(3600)),
            ("kept for a moment", hour.clone(), 1_000_001, 1_000_400, Some(3599)),
            ("kept", hour.clone(), 1_010_000, 1_010_500, Some(3589)),
            ("ended", hour, 9_000_000, 9_000_000, Some(0)),
            ("until a whole second", Token { expires_at: Some(at(4_599_300)), ..token(None) }, 0, 0, Some(3600)),
            ("born ended", token(Some(0)), 0, 1_000_000, Some(0)),
            ("ended before", Token { expires_at: Some(at(1)), ..token(None) }, 0, 1_000_000, Some(0)),
            ("unknown", token(None), 0, 0, None),
        ];
        for (name, token, asked_at, now, expected) in cases {
            assert_eq!(token.life_for(at(asked_at), at(now)), expected.map(Duration::from_secs), "{name}");
        }
    }

    #[test]
    fn an_unknown_end_stays_unknown() {
        assert_eq!(token(None).remaining(SystemTime::UNIX_EPOCH), None);
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", token(None)).contains("canary"));
    }
}
