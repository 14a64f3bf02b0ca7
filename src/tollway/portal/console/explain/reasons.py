"""Reasons of a refusal in words. Pure.

Codes are the Service Management API's, and a gateway's own for what it refuses without asking.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Reason(Struct, frozen=True):
    """``kind`` names the product's answer, as its settings do; "" is an answer of the gateway's."""

    title: str
    text: str
    kind: str = "auth_failed"


_REASONS: Mapping[str, Reason] = {
    "credentials_missing": Reason(
        "No credentials",
        "The call does not carry what the product asks for, in the place where it looks for it.",
        "auth_missing",
    ),
    "no_match": Reason(
        "No mapping rule matches",
        "A call that no rule matches is neither counted nor passed on.",
        "no_match",
    ),
    "path_ambiguous": Reason(
        "Never let through",
        "Other servers read steps in this path that NGINX does not.",
        "no_match",
    ),
    "user_key_invalid": Reason("Unknown key", "No application of this product has this key."),
    "application_not_found": Reason(
        "Unknown application", "No application of this product has this application ID."
    ),
    "application_key_invalid": Reason(
        "Wrong application key", "The application exists, and this is none of its keys."
    ),
    "application_not_active": Reason(
        "The application may not call",
        "It is not live, or its account or organisation is not approved.",
    ),
    "service_not_active": Reason("The product is not active", "None of its calls pass."),
    "referrer_not_allowed": Reason(
        "The referrer is not allowed",
        "The product requires a referrer, and the application lists from where calls may come.",
    ),
    "limits_exceeded": Reason(
        "Over a limit", "The call does not fit into a limit of its plan.", "limits_exceeded"
    ),
    "metric_off": Reason("Off in this plan", "The plan has a limit of 0 for what the call uses."),
    "metric_invalid": Reason(
        "Unknown metric", "The gateway's rules count a metric that has been deleted. Deploy again."
    ),
    "service_token_invalid": Reason(
        "The gateway's service token is wrong",
        "The configuration that the gateway has is older than the product's token. Promote again.",
    ),
    "mode_not_served": Reason(
        "No token can be checked",
        "The product names no issuer, or a claim that gateways do not understand.",
    ),
    "token_malformed": Reason(
        "Not an access token",
        "It is no signed JSON Web Token, or longer than 8,192 characters.",
    ),
    "token_type": Reason(
        "Another kind of token",
        "It says itself that it is no access token. An ID or refresh token opens nothing.",
    ),
    "token_algorithm": Reason(
        "Signed in a way that is not taken",
        "The issuer does not sign so, its key is for another algorithm or too short, or whoever"
        " checks such a token could make it (none, HS256).",
    ),
    "token_key_unknown": Reason(
        "Signed with an unknown key", "The issuer publishes no key of the name in the token."
    ),
    "token_signature": Reason(
        "The signature is wrong", "Somebody else has made the token, or has changed it."
    ),
    "token_issuer": Reason(
        "A token of another issuer", "Its iss is not what the product's issuer calls itself."
    ),
    "token_incomplete": Reason(
        "The token lacks a claim", "It must have sub, aud and exp; times are numbers."
    ),
    "token_expired": Reason("The token has expired", "The client has to get another one."),
    "token_not_yet_valid": Reason(
        "The token is not valid yet", "Its nbf lies ahead. Do the clocks agree?"
    ),
    "token_client_id": Reason(
        "The token names no client",
        "The claim that the product reads the client ID from is not there, or is no text.",
    ),
    "token_unjudged": Reason(
        "The token could not be checked",
        "The issuer did not answer, or the gateway's agent. That is no fault of the call.",
        "",
    ),
    "no_backend": Reason(
        "No backend answers this path", "The call was counted, and answered with 404.", ""
    ),
    "backend_unreachable": Reason(
        "The backend has no address",
        "Its name does not resolve, or to nothing that may be called.",
        "",
    ),
    "authority_unavailable": Reason(
        "The call could not be checked", "That is a fault of the platform, not of the call.", ""
    ),
}
OTHER = Reason("Authentication failed", "The authority did not say more.")


def reason_of(code: str, *, off: bool = False) -> Reason:
    """Return the words for a code. ``off``: a limit of 0 refused."""
    return _REASONS["metric_off"] if off else _REASONS.get(code, OTHER)
