import {
  to = cxone_scope_baseline.api
  id = "cxone" # any text: there is one grant, that of the provider's credentials
}
