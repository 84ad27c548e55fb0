// Foreign Go clients, pointed at servers by URL alone; prints what they saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, os.Getenv("FABRIC_ISSUER"))
	check(err)
	client := clientcredentials.Config{
		ClientID:     "headwater-service",
		ClientSecret: "headwater-service-secret",
		TokenURL:     provider.Endpoint().TokenURL,
	}
	token, err := client.Token(ctx)
	check(err)

	verifier := provider.Verifier(&oidc.Config{SkipClientIDCheck: true})
	verified, err := verifier.Verify(ctx, token.AccessToken)
	check(err)
	var claims struct {
		RealmAccess struct {
			Roles []string `json:"roles"`
		} `json:"realm_access"`
	}
	check(verified.Claims(&claims))

	foreign := os.Getenv("FABRIC_FOREIGN_TOKEN")
	_, foreignErr := verifier.Verify(ctx, foreign)
	// Its own signature under other claims.
	own, other := strings.Split(token.AccessToken, "."), strings.Split(foreign, ".")
	_, mixedErr := verifier.Verify(ctx, strings.Join([]string{own[0], other[1], own[2]}, "."))

	answer, err := client.Client(ctx).Get(os.Getenv("FABRIC_ECHO_URL") + "/operator")
	check(err)
	defer answer.Body.Close()

	result, err := json.Marshal(map[string]any{
		"roles":            claims.RealmAccess.Roles,
		"isForeignRefused": foreignErr != nil,
		"isMixedRefused":   mixedErr != nil,
		"called":           answer.StatusCode,
	})
	check(err)
	fmt.Println("RESULT " + string(result))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
