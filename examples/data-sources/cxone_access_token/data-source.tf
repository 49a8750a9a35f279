# The token lands in state, marked sensitive. Prefer the ephemeral resource of the same name wherever it is allowed.
data "cxone_access_token" "api" {
  scopes = ["cxone:api"]
}

# Without ephemeral resources (before Terraform 1.10 and OpenTofu 1.11), this is how another provider gets the token.
provider "restapi" {
  uri = "https://api-na1.niceincontact.com"
  headers = {
    Authorization = data.cxone_access_token.api.authorization_header
  }
}
