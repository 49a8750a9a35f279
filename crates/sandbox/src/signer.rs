//! Signatures and random text. The key is new at each start, so that the repository contains none.

use anyhow::anyhow;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Map, Value, json};

/// An ES256 key and a source of randomness.
pub(crate) struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    /// Makes a new key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(crate) fn try_new() -> anyhow::Result<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| anyhow!("cannot make a key"))?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Ok(Self { key: key.map_err(|error| anyhow!("cannot read the new key: {error}"))?, random })
    }

    /// A signed JWT with `jwt_type` as the header's `typ`.
    pub(crate) fn jwt(&self, jwt_type: &str, claims: &Map<String, Value>) -> anyhow::Result<Secret> {
        let header = json!({ "alg": "ES256", "kid": KEY_ID, "typ": jwt_type });
        let [header, claims] = [serde_json::to_vec(&header)?, serde_json::to_vec(claims)?];
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).map_err(|_| anyhow!("cannot sign"))?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    /// Random text of 43 unreserved characters (256 bits).
    pub(crate) fn random_text(&self) -> anyhow::Result<String> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes).map_err(|_| anyhow!("no random bytes"))?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The public key as a JSON Web Key Set (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        // An uncompressed point: one byte 0x04, then the two coordinates of 32 bytes each.
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y }] })
    }
}

const KEY_ID: &str = "sandbox";

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_key_set_verifies_the_signature() {
        let signer = Signer::try_new().unwrap();
        let jwt = signer.jwt("at+jwt", &Map::from_iter([("sub".to_owned(), json!("me"))])).unwrap();
        let (signed, signature) = jwt.expose().rsplit_once('.').unwrap();
        let key = &signer.key_set()["keys"][0];
        let mut point = vec![4];
        for name in ["x", "y"] {
            point.extend(URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap());
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).unwrap();
        let header = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().0).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["typ"], "at+jwt");
    }

    #[test]
    fn random_text_does_not_repeat() {
        let signer = Signer::try_new().unwrap();
        let texts = [signer.random_text().unwrap(), signer.random_text().unwrap()];
        assert_ne!(texts[0], texts[1]);
        assert_eq!(texts[0].len(), 43);
    }
}
