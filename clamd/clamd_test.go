package clamd_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"cailiao/clamd"
	"cailiao/clamd/clamdtest"
	"cailiao/intake"
)

const soon = 300 * time.Millisecond

func open(t *testing.T, c clamd.Config) *clamd.Client {
	t.Helper()
	client, err := clamd.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestAFileIsToldByTheAnswer(t *testing.T) {
	file := bytes.Repeat([]byte("0123456789abcdef"), 10_000) // more than two chunks
	for _, tt := range []struct {
		name  string
		how   clamdtest.How
		file  []byte
		found string
		says  string // part of the error; empty: none
	}{
		{"nothing is known against it", clamdtest.How{Known: clamd.TestFile()}, file, "", ""},
		{"an empty file", clamdtest.How{}, nil, "", ""},
		{"EICAR", clamdtest.How{Known: clamd.TestFile()}, clamd.TestFile(), clamdtest.Name, ""},
		{"EICAR at the end of a long file", clamdtest.How{Known: clamd.TestFile()}, append(bytes.Clone(file), clamd.TestFile()...), clamdtest.Name, ""},
		{"the answer comes byte by byte", clamdtest.How{Known: clamd.TestFile(), Slowly: time.Millisecond}, clamd.TestFile(), clamdtest.Name, ""},
		{"the answer comes too slowly", clamdtest.How{Slowly: 100 * time.Millisecond}, file, "", "timeout"},
		{"no answer", clamdtest.How{Silent: true}, file, "", "timeout"},
		{"hung up at once", clamdtest.How{Deaf: true}, file, "", "no answer"},
		{"hung up in the middle of a yes", clamdtest.How{Answer: "stream: OK", Cut: true}, file, "", "EOF"},
		{"hung up before a name is complete", clamdtest.How{Answer: "stream: Win.Test", Cut: true}, file, "", "EOF"},
		{"larger than it takes", clamdtest.How{Limit: 1000}, file, "", "StreamMaxLength"},
		{"larger than it takes, in the last chunk", clamdtest.How{Limit: len(file) - 1}, file, "", "StreamMaxLength"},
		{"an error of its own", clamdtest.How{Answer: "stream: Can't allocate memory ERROR"}, file, "", "Can't allocate memory"},
		{"an unknown command", clamdtest.How{Answer: "UNKNOWN COMMAND"}, file, "", "UNKNOWN COMMAND"},
		{"a yes with more behind it", clamdtest.How{Answer: "stream: OK, but"}, file, "", "it says"},
		{"a yes about something else", clamdtest.How{Answer: "/tmp/x: OK"}, file, "", "it says"},
		{"a find without a name", clamdtest.How{Answer: "stream:  FOUND"}, file, "", "it says"},
		{"another service", clamdtest.How{Answer: "HTTP/1.1 400 Bad Request\r\n\r\n"}, file, "", "it says"},
		{"an endless answer", clamdtest.How{Answer: strings.Repeat("x", 10_000)}, file, "", "EOF"},
		{"a name that is more than a name", clamdtest.How{Answer: "stream: A\nlevel=ERROR 病\x1b FOUND"}, file, "A?level=ERROR ??", ""},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(tt.name+" over "+network, func(t *testing.T) {
				daemon := clamdtest.Start(t, network, tt.how)
				seen := ""
				client := open(t, clamd.Config{Address: daemon.URL, Timeout: soon})
				client.Observe = func(outcome string, _ time.Duration) { seen += outcome }
				found, err := client.Scan(t.Context(), tt.file)
				want := clamd.Clean
				switch {
				case tt.says != "":
					want = clamd.Failed
					if !errors.Is(err, clamd.ErrNoAnswer) || !strings.Contains(err.Error(), tt.says) || found != "" {
						t.Errorf("found %q, %v; want an error with %q", found, err, tt.says)
					}
				case err != nil || found != tt.found:
					t.Errorf("found %q, want %q: %v", found, tt.found, err)
				case found != "":
					want = clamd.Found
				}
				if seen != want {
					t.Errorf("counted as %q, want %q", seen, want)
				}
				if got := daemon.Scanned(); tt.says == "" && (len(got) != 1 || !bytes.Equal(got[0], tt.file)) {
					t.Errorf("the daemon has %d files", len(got))
				}
			})
		}
	}
}

func TestWithoutAnAnswerAFilePassesOnlyIfTheConfigurationSaysSo(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close() // nobody listens there any more
	for unanswered, want := range map[string]string{"": clamd.Failed, "hold": clamd.Failed, "pass": clamd.Unscanned} {
		client := open(t, clamd.Config{Address: "tcp://" + ln.Addr().String(), Timeout: soon, Unanswered: unanswered})
		seen := ""
		client.Observe = func(outcome string, _ time.Duration) { seen = outcome }
		_, err := client.Scan(t.Context(), []byte("x"))
		ready := client.Ready(t.Context())
		if seen != want || errors.Is(err, clamd.ErrNoAnswer) != (want == clamd.Failed) || (ready == nil) != (err == nil) {
			t.Errorf("unanswered %q: counted as %q, %v, ready: %v", unanswered, seen, err, ready)
		}
		if client.Ping(t.Context()) == nil {
			t.Errorf("unanswered %q: it is said to be there", unanswered)
		}
	}
}

func TestAFindIsAFindWhateverTheConfigurationSays(t *testing.T) {
	daemon := clamdtest.Start(t, "tcp", clamdtest.How{Known: clamd.TestFile()})
	client := open(t, clamd.Config{Address: daemon.URL, Unanswered: "pass"})
	if found, err := client.Scan(t.Context(), clamd.TestFile()); found != clamdtest.Name || err != nil {
		t.Errorf("found %q: %v", found, err)
	}
}

func TestWhoHasStoppedWaitingLetsNothingPass(t *testing.T) {
	daemon := clamdtest.Start(t, "tcp", clamdtest.How{Silent: true})
	client := open(t, clamd.Config{Address: daemon.URL, Timeout: time.Minute, Unanswered: "pass"})
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	began := time.Now()
	if _, err := client.Scan(ctx, []byte("x")); !errors.Is(err, clamd.ErrNoAnswer) || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func TestNoScannerFindsNothing(t *testing.T) {
	client := open(t, clamd.Config{})
	found, err := client.Scan(t.Context(), clamd.TestFile())
	if client != nil || found != "" || err != nil || client.Ready(t.Context()) != nil {
		t.Errorf("%v: %q %v", client, found, err)
	}
}

func TestWhatANewInstallationGetsWrongIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name string
		how  clamdtest.How
		says string // part of the error; empty: none
	}{
		{"all is well", clamdtest.How{Known: clamd.TestFile(), Limit: 1 << 20}, ""},
		{"no signatures", clamdtest.How{}, "freshclam"},
		{"takes less than we do", clamdtest.How{Known: clamd.TestFile(), Limit: 1<<20 - 1}, "StreamMaxLength"},
		{"something else listens there", clamdtest.How{Answer: "+OK"}, "it says"},
		{"hangs up", clamdtest.How{Deaf: true}, "no answer"},
	} {
		daemon := clamdtest.Start(t, "unix", tt.how)
		says, err := open(t, clamd.Config{Address: daemon.URL, Timeout: 5 * time.Second}).Try(t.Context(), 1<<20)
		switch {
		case tt.says == "" && (err != nil || !strings.HasPrefix(says, "ClamAV 1.4.6/27800")):
			t.Errorf("%s: %q %v", tt.name, says, err)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}

func TestAddressesAreCheckedBeforeTheyAreUsed(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, "tcp://127.0.0.1:3310": true, "tcp://[::1]:3310": true, "unix:///run/clamav/clamd.ctl": true,
		"127.0.0.1:3310": false, "tcp://127.0.0.1": false, "tcp://:3310": false, "tcp://host:3310/x": false, "http://host:3310": false,
		"unix://run/clamd.ctl": false, "unix:///": false, "unix:run": false, "tcp://user@host:3310": false, "tcp://host:3310?x": false,
	} {
		var fault *intake.FieldError
		if err := (clamd.Config{Address: address}).Validate(); (err == nil) != good || !good && (!errors.As(err, &fault) || fault.Key != "address") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, c := range []clamd.Config{{Timeout: -1}, {Unanswered: "later"}} {
		if c.Validate() == nil {
			t.Errorf("%+v is taken", c)
		}
		if _, err := clamd.Open(c); err == nil {
			t.Errorf("%+v is opened", c)
		}
	}
}
