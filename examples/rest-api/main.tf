# A token for the provider `mastercard/restapi`. Neither plan nor state holds the token.
#
# Client id and secret come from CXONE_CLIENT_ID and CXONE_CLIENT_SECRET. Change `uri`.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
    restapi = {
      source = "mastercard/restapi"
    }
  }
}

provider "cxone" {
  scopes = ["cxone:api"]
}

ephemeral "cxone_access_token" "api" {
  min_remaining_lifetime = "15m" # the time that an apply takes at most: a shorter token is an error at its start
}

provider "restapi" {
  uri = "https://api-na1.niceincontact.com"
  headers = {
    Authorization = ephemeral.cxone_access_token.api.authorization_header
  }

  # The response to a write has the id of the object.
  write_returns_object = true
}

resource "restapi_object" "team" {
  path = "/incontactapi/services/v31.0/teams"
  data = jsonencode({ teamName = "Support" })

  # Fields that only the server sets, such as the id, are no drift.
  ignore_server_additions = true
}
