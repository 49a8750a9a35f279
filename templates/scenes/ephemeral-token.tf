terraform {
  required_providers {
    cxone   = { source = "cxone-tools/cxone" }
    restapi = { source = "mastercard/restapi" }
  }
}

provider "cxone" {
  scopes = ["cxone:api"]
}

ephemeral "cxone_access_token" "api" {}

provider "restapi" {
  uri = "https://api-na1.niceincontact.com"
  headers = {
    Authorization = ephemeral.cxone_access_token.api.authorization_header
  }
}

resource "restapi_object" "team" {
  path = "/incontactapi/services/v31.0/teams"
  data = jsonencode({ teamName = "Support" })
}
