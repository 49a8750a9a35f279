terraform import cxone_scope_baseline.api cxone
