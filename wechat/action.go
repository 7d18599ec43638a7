package wechat

import "errors"

// Action is what a caller should do about an error. Nothing in it is done by this package, except that a refused token was
// already exchanged once.
type Action string

const (
	None               Action = ""                     // no error
	Retry              Action = "retry"                // soon, a few times, with jitter; templates with the same ClientMsgID
	RetryLater         Action = "retry later"          // not before 60 seconds
	RefreshToken       Action = "refresh token"        // was done once already: if it stays, the secret is wrong or somebody else fetches tokens
	PauseUntilMidnight Action = "pause until midnight" // the day's quota of this API is used up
	GiveUpPerson       Action = "give up person"       // this person cannot be reached until they follow or write again
	DelayPerson        Action = "delay person"         // too many messages to this person; the limit is not published, wait hours
	AskConsent         Action = "ask consent"          // a subscription was refused or is used up
	AskAgain           Action = "ask again"            // the picture is gone or unusable: the person must send it again
	Fallback           Action = "fallback"             // no customer message possible now: use a template message or wait
	SignInAgain        Action = "sign in again"        // start the OAuth page anew
	GiveUp             Action = "give up"              // this very call is refused; others may work
	Alarm              Action = "alarm"                // configuration or standing of the account: stop calling, tell the operator
	Bug                Action = "bug"                  // our request is wrong: do not repeat it, look into it
)

// actions follows the platform's list of return codes (全局返回码) and what other SDKs and the community found out.
var actions = map[int]Action{
	-1: Retry, // system busy

	40001: RefreshToken, 40014: RefreshToken, 42001: RefreshToken,
	41001: Bug, // token missing

	40013: Alarm, 40125: Alarm, 40243: Alarm, 40164: Alarm, 61004: Alarm, // app id, secret, frozen secret, IP allow-list
	40037: Alarm,               // template deleted or of another account
	43116: Alarm,               // template banned
	43100: Alarm, 43106: Alarm, // templates changed too often, adding barred
	48001: Alarm, 48004: Alarm, 50002: Alarm, // not authorised, banned, limited
	41030: Alarm, // mini-program page path

	40003: GiveUpPerson,                      // open id of another account
	43004: GiveUpPerson, 50005: GiveUpPerson, // does not follow
	43019: GiveUpPerson, // on the blacklist
	48002: GiveUpPerson, // switched off 接收消息
	43101: AskConsent,
	43117: DelayPerson,

	40007: AskAgain,                                                    // media id invalid or older than 3 days
	40004: AskAgain, 40005: AskAgain, 40006: AskAgain, 40009: AskAgain, // type, size
	45001: AskAgain, 41006: AskAgain, 44001: AskAgain, // size, missing, empty

	45009: PauseUntilMidnight,
	45011: RetryLater,
	45015: Fallback, // outside the 48-hour window
	45047: Fallback, // messages of the window used up

	45168: GiveUp, // content risk, unconfirmed
	48006: GiveUp, // no more clear_quota this month

	40029: SignInAgain, 40163: SignInAgain, 42003: SignInAgain,

	47003: Bug,                         // template field refused; the message names it
	47001: Bug, 40033: Bug, 44002: Bug, // JSON
	45157: Bug, 45158: Bug, 45056: Bug, // tags
	45002: Bug, 40018: Bug, // text too long, menu button name
}

// ActionFor says what to do about err. An errcode nobody has listed is Bug: repeating an unknown refusal helps nobody.
// Without an errcode (time-out, connection, HTTP status) the outcome is unknown and the action is Retry.
func ActionFor(err error) Action {
	var answer *Error
	switch {
	case err == nil:
		return None
	case errors.As(err, &answer):
		if answer.API == "stable_token" && actions[answer.Code] == RefreshToken {
			return Alarm // asking for a token with a wrong secret
		}
		if action, listed := actions[answer.Code]; listed {
			return action
		}
		return Bug
	case errors.Is(err, ErrArgument), errors.Is(err, ErrTooLong):
		return Bug
	case errors.Is(err, ErrMediaTooLarge), errors.Is(err, ErrNotMedia):
		return AskAgain
	case errors.Is(err, ErrSnapshotUser):
		return SignInAgain
	default:
		return Retry
	}
}
