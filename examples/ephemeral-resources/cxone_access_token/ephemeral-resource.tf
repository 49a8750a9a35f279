# A token with at least five minutes of life left.
ephemeral "cxone_access_token" "api" {
  scopes                 = ["cxone:api"]
  min_remaining_lifetime = "5m"
}

# Handed to another provider; neither the plan nor the state ever holds it.
provider "restapi" {
  uri = "https://api-na1.niceincontact.com"
  headers = {
    Authorization = ephemeral.cxone_access_token.api.authorization_header
  }
}
