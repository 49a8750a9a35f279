# Address, id and secret come from the environment: `sandbox run` sets them.
provider "cxone" {
  request_timeout = "5s"
}

run "gets_a_token" {
  assert {
    condition     = output.tenant_id != null
    error_message = "The token names no tenant."
  }
}
