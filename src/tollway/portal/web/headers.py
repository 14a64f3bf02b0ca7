"""Headers that every answer carries: what a page may load, and who may frame it.

The policy allows no inline script or style. Django's SecurityMiddleware adds HSTS (behind https),
`nosniff` and the referrer policy; this adds the rest, and marks cookies secure when the request
was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse


def content_security_policy(*, calls: Iterable[str] = ()) -> str:
    """Return what a page may load; ``calls`` are other origins that its scripts may ask."""
    connect = " ".join(["'self'", *calls])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src {connect}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


CONTENT_SECURITY_POLICY = content_security_policy()


class SecurityHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("X-Frame-Options", "DENY")  # browsers that know no frame-ancestors
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
