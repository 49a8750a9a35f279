# A token for the provider `magodo/restful`. Neither plan nor state holds the token.
#
# Client id and secret come from CXONE_CLIENT_ID and CXONE_CLIENT_SECRET. Change `base_url`.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
    restful = {
      source = "magodo/restful"
    }
  }
}

provider "cxone" {
  scopes = ["cxone:api"]
}

ephemeral "cxone_access_token" "api" {}

provider "restful" {
  base_url = "https://api-na1.niceincontact.com"
  security = {
    http = {
      token = {
        token = ephemeral.cxone_access_token.api.access_token
      }
    }
  }
}

resource "restful_resource" "team" {
  path      = "/incontactapi/services/v31.0/teams"
  read_path = "$(path)/$(body.id)"
  body = {
    teamName = "Support"
  }
}
