package sms

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The worked example of the provider's documentation of its signature, version 3.
func TestAliyunSignatureIsThatOfTheDocumentation(t *testing.T) {
	query := url.Values{"ImageId": {"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}, "RegionId": {"cn-shanghai"}}
	r, err := http.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?"+aliyunQuery(query), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d", "x-acs-content-sha256": sha256Hex(nil),
	} {
		r.Header.Set(name, value)
	}
	got := aliyunAuthorization(r, query, "YourAccessKeyId", "YourAccessKeySecret")
	const want = "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
