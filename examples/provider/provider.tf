terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# The client id and secret come from CXONE_CLIENT_ID and CXONE_CLIENT_SECRET.
provider "cxone" {
  token_url = "https://api.nicecxone.com/oauth/token" # the address that NICE gave you
  scopes    = ["cxone:api"]
}
