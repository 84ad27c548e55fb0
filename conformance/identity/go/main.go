// golang.org/x/oauth2 and coreos/go-oidc against an OpenID provider: identity-client ISSUER DEVICE_CLIENT.
// Prints a line for each step, and stops at the first that fails.
package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const redirectURL = "http://127.0.0.1:5555/callback"

func step(name string) { fmt.Println("ok " + name) }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(isRight bool, what string) {
	if !isRight {
		log.Fatal("not right: " + what)
	}
}

type page struct {
	url    *url.URL
	body   string
	leaves *url.URL
}

// Browsers ask for HTML, and servers heed it.
type htmlTransport struct{}

func (htmlTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Set("Accept", "text/html")
	return http.DefaultTransport.RoundTrip(req)
}

// A browser that stops before the application's own address.
func newBrowser(issuer string) *http.Client {
	jar, _ := cookiejar.New(nil)
	home, _ := url.Parse(issuer)
	return &http.Client{Jar: jar, Transport: htmlTransport{}, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if req.URL.Host != home.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func read(response *http.Response, err error) page {
	must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(err)
	leaves, _ := response.Location()
	return page{response.Request.URL, string(body), leaves}
}

var (
	formTag  = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	inputTag = regexp.MustCompile(`<input([^>]*)>`)
)

func attribute(tag, name string) string {
	found := regexp.MustCompile(`(?:^|\s)` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

func send(browser *http.Client, at page, fields url.Values) page {
	form := formTag.FindStringSubmatch(at.body)
	check(form != nil, "a form at "+at.url.String())
	for _, tag := range inputTag.FindAllStringSubmatch(form[2], -1) {
		if attribute(tag[1], "type") == "hidden" && !fields.Has(attribute(tag[1], "name")) {
			fields.Set(attribute(tag[1], "name"), attribute(tag[1], "value"))
		}
	}
	action, err := at.url.Parse(attribute(form[1], "action"))
	must(err)
	return read(browser.PostForm(action.String(), fields))
}

func login(browser *http.Client, at page) page {
	return send(browser, at, url.Values{"username": {"ada"}, "password": {"ada-password"}, "credentialId": {""}})
}

func main() {
	issuer, deviceClient := os.Args[1], os.Args[2]
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, issuer)
	must(err)
	step("discovery")

	service := clientcredentials.Config{
		ClientID: "headwater-service", ClientSecret: "headwater-service-secret", TokenURL: provider.Endpoint().TokenURL,
	}
	token, err := service.Token(ctx)
	must(err)
	verified, err := provider.Verifier(&oidc.Config{ClientID: "headwater"}).Verify(ctx, token.AccessToken)
	must(err)
	var claims struct {
		Azp         string
		RealmAccess struct{ Roles []string } `json:"realm_access"`
	}
	must(verified.Claims(&claims))
	check(claims.Azp == "headwater-service" && strings.Join(claims.RealmAccess.Roles, " ") == "operator", "claims")
	step("client credentials, the token verified")

	web := oauth2.Config{ClientID: "headwater-web", RedirectURL: redirectURL, Scopes: []string{oidc.ScopeOpenID}, Endpoint: provider.Endpoint()}
	browser := newBrowser(issuer)
	verifier := oauth2.GenerateVerifier()
	at := read(browser.Get(web.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier))))
	back := login(browser, at).leaves
	check(back != nil && back.Query().Get("state") == "state-1", "the way back")
	check(back.Query().Get("iss") == issuer, "iss")
	token, err = web.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	must(err)
	raw, _ := token.Extra("id_token").(string)
	identity, err := provider.Verifier(&oidc.Config{ClientID: "headwater-web"}).Verify(ctx, raw)
	must(err)
	check(identity.Nonce == "nonce-1", "nonce")
	step("authorization code with PKCE and nonce, the ID token verified")

	user, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	must(err)
	check(user.Subject == identity.Subject && user.Email == "ada@example.org" && user.EmailVerified, "userinfo")
	step("userinfo")

	renewed, err := web.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	must(err)
	check(renewed.AccessToken != token.AccessToken && renewed.RefreshToken != "", "refresh")
	step("refresh")

	_, err = web.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	check(err != nil && strings.Contains(err.Error(), "invalid_grant"), "a code is used once")
	step("a code that is used again is refused")

	token, err = web.PasswordCredentialsToken(ctx, "ada", "ada-password")
	must(err)
	check(token.Valid(), "password grant")
	step("password grant")

	device := oauth2.Config{ClientID: deviceClient, Scopes: []string{oidc.ScopeOpenID}, Endpoint: provider.Endpoint()}
	code, err := device.DeviceAuth(ctx)
	must(err)
	fields := url.Values{"user_code": {code.UserCode}, "device_user_code": {code.UserCode}}
	at = send(browser, read(browser.Get(code.VerificationURI)), fields)
	for range 4 {
		if !strings.Contains(at.body, "<form") {
			break
		}
		if strings.Contains(at.body, `type="password"`) {
			at = login(browser, at)
		} else {
			at = send(browser, at, url.Values{"accept": {"Yes"}})
		}
	}
	token, err = device.DeviceAccessToken(ctx, code)
	must(err)
	check(token.Valid(), "device flow")
	step("device flow")
}
