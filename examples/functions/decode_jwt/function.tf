variable "token" {
  description = "A token from elsewhere, such as one that a colleague cannot get to work."
  type        = string
  sensitive   = true
}

# The signature is not verified: this is for looking, not for trusting.
output "claims" {
  value     = provider::cxone::decode_jwt(var.token).claims
  sensitive = true
}
