"""Authlib against an OpenID provider: python authlib_client.py ISSUER DEVICE_CLIENT. Prints a line for each step, and stops at the first that fails."""

import re
import sys
import time
from html import unescape
from urllib.parse import parse_qs, urljoin, urlparse

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

issuer, device_client = sys.argv[1:3]
redirect_uri = "http://127.0.0.1:5555/callback"
metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=60).json()


class Browser(requests.Session):
    """Sends cookies that are marked Secure to loopback, as browsers do."""

    def prepare_request(self, request):
        for cookie in self.cookies:
            cookie.secure = False
        return super().prepare_request(request)


def step(name):
    print(f"ok {name}", flush=True)


def keys():
    return JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=60).json())


def form_of(page):
    attributes, content = re.search(r"<form([^>]*)>(.*?)</form>", page.text, re.S).groups()
    action = urljoin(page.url, unescape(re.search(r'action="([^"]*)"', attributes).group(1)))
    fields = {}
    for tag in re.findall(r"<input([^>]*)>", content):
        if 'type="hidden"' in tag:
            name = re.search(r'name="([^"]*)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            fields[name.group(1)] = unescape(value.group(1)) if value else ""
    return action, fields


def send(browser, page, **fields):
    """Sends the first form of a page; follows redirects as long as they stay with the provider."""
    action, hidden = form_of(page)
    answer = browser.post(action, data={**hidden, **fields}, allow_redirects=False, timeout=60)
    while answer.is_redirect:
        target = urljoin(answer.url, answer.headers["location"])
        if urlparse(target).netloc != urlparse(issuer).netloc:
            return target
        answer = browser.get(target, allow_redirects=False, timeout=60)
    return answer


def login(browser, page):
    return send(browser, page, username="ada", password="ada-password", credentialId="")


assert metadata["issuer"] == issuer
step("discovery")

service = OAuth2Session("headwater-service", "headwater-service-secret", token_endpoint=metadata["token_endpoint"])
token = service.fetch_token(grant_type="client_credentials")
claims = jwt.decode(token["access_token"], keys(), claims_options={"iss": {"value": issuer}, "aud": {"value": "headwater"}})
claims.validate()
assert claims["azp"] == "headwater-service" and "operator" in claims["realm_access"]["roles"]
step("client credentials, the token verified")

nonce, verifier = generate_token(), generate_token(48)
web = OAuth2Session(
    "headwater-web",
    scope="openid",
    redirect_uri=redirect_uri,
    code_challenge_method="S256",
    token_endpoint_auth_method="none",
)
url, state = web.create_authorization_url(metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier)
browser = Browser()
browser.headers["Accept"] = "text/html"
back = login(browser, browser.get(url, timeout=60))
assert back.startswith(redirect_uri), back
token = web.fetch_token(
    metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
)
identity = jwt.decode(
    token["id_token"],
    keys(),
    claims_cls=CodeIDToken,
    claims_options={"iss": {"value": issuer}, "aud": {"value": "headwater-web"}},
    claims_params={"nonce": nonce, "client_id": "headwater-web"},
)
identity.validate()
assert identity["preferred_username"] == "ada"
assert parse_qs(urlparse(back).query)["iss"] == [issuer]
step("authorization code with PKCE and nonce, the ID token verified")

user = web.get(metadata["userinfo_endpoint"], timeout=60).json()
assert user["sub"] == identity["sub"] and user["email"] == "ada@example.org"
step("userinfo")

renewed = web.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
assert renewed["access_token"] != token["access_token"]
step("refresh")

password = OAuth2Session("headwater-web", scope="openid", token_endpoint_auth_method="none")
token = password.fetch_token(metadata["token_endpoint"], username="ada", password="ada-password")
assert jwt.decode(token["access_token"], keys())["preferred_username"] == "ada"
step("password grant")

answer = password.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token")
assert answer.status_code == 200
assert requests.get(
    metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=60
).status_code == 401
step("revocation")

device = requests.post(
    metadata["device_authorization_endpoint"], data={"client_id": device_client, "scope": "openid"}, timeout=60
).json()
page = browser.get(device["verification_uri"], timeout=60)
page = send(browser, page, user_code=device["user_code"], device_user_code=device["user_code"])
for _ in range(4):
    if isinstance(page, str) or "<form" not in page.text:
        break
    page = login(browser, page) if 'type="password"' in page.text else send(browser, page, accept="Yes")
poll = OAuth2Session(device_client, token_endpoint_auth_method="none")
time.sleep(int(device.get("interval", 0)))
token = poll.fetch_token(
    metadata["token_endpoint"],
    grant_type="urn:ietf:params:oauth:grant-type:device_code",
    device_code=device["device_code"],
)
assert jwt.decode(token["access_token"], keys())["preferred_username"] == "ada"
step("device flow")
