mock_provider "cxone" {
  mock_data "cxone_token_info" {
    defaults = {
      tenant_id      = "11111111-2222-3333-4444-555555555555"
      granted_scopes = ["cxone:api"]
    }
  }
}

run "tells_the_tenant" {
  command = plan

  assert {
    condition     = output.tenant_id == "11111111-2222-3333-4444-555555555555"
    error_message = "The tenant is not handed on."
  }
}

run "refuses_a_token_that_is_good_for_less" {
  command = plan

  variables {
    needed_scopes = ["cxone:api", "cxone:reports"]
  }

  expect_failures = [data.cxone_token_info.this]
}
