# auth.yaml as scripts keep it:
#
#   auth:
#     type: client_credentials
#     endpoint: https://api.nicecxone.com/oauth/token
#     client_id: "abc-123"
#     client_secret: "xyz-789"
#     scope: "cxone:api"
#
# Under OpenTofu, set `auth_file` of the provider instead: a function cannot configure its own provider there.
locals {
  auth = provider::cxone::parse_auth_config(sensitive(file("${path.module}/auth.yaml")))
}

provider "cxone" {
  token_url     = local.auth.endpoint
  client_id     = local.auth.client_id
  client_secret = local.auth.client_secret
  scopes        = local.auth.scopes
}
