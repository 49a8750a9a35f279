# The token lands in state, marked sensitive. Prefer the ephemeral resource of the same name wherever it is allowed.
data "cxone_access_token" "api" {
  scopes = ["cxone:api"]
}

output "authorization_header" {
  value     = data.cxone_access_token.api.authorization_header
  sensitive = true
}
