package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

type route struct {
	method  string
	path    string
	handler gin.HandlerFunc
}

// routes are all routes. serve: for everybody. page: with a session, signed in or not. staff:
// signed in; whose candidate it is, package review asks. own: signed in, with duties left to do.
// aside: what a page asks by itself, which does not keep a session from idling out.
func (h *House) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/wechat", h.serve(h.echo)},
		{post, "/wechat", h.serve(h.callback)},

		{get, "/staff/login", h.page(h.loginForm)},
		{post, "/staff/login", h.page(h.login)},
		{post, "/staff/logout", h.page(h.logout)},
		{get, codePath, h.page(h.codeForm)},
		{post, codePath, h.page(h.loginCode)},
		{get, againPath, h.own(h.againForm)},
		{post, againPath, h.own(h.again)},
		{get, mePath, h.own(h.me)},
		{post, mePath + "/password", h.own(h.changePassword)},
		{get, mePath + "/totp", h.own(h.fully(h.totpForm))},
		{post, mePath + "/totp", h.own(h.fully(h.setUpTOTP))},
		{post, mePath + "/totp-off", h.own(h.fully(h.dropTOTP))},
		{post, mePath + "/codes", h.own(h.fully(h.newCodes))},
		{get, placesPath, h.staff(h.ownPlaces)},
		{post, placesPath, h.staff(h.recent(h.endOthers))},
		{post, placesPath + "/end", h.staff(h.recent(h.endOne))},
		{get, peoplePath, h.staff(h.recent(h.people))},
		{post, peoplePath, h.staff(h.recent(h.addPerson))},
		{post, peoplePath + "/:id/:what", h.staff(h.recent(h.changePerson))},
		{get, logPath, h.staff(h.auditLog)},
		{post, logPath, h.staff(h.searchLog)},
		{get, leftPath, h.aside(h.own(h.sayLeft))},
		{post, leftPath, h.own(h.sayLeft)},

		{get, staffHome, h.staff(h.queue)},
		{post, staffHome, h.staff(h.search)},
		{get, "/staff/candidates/:id", h.staff(h.sheet)},
		{post, "/staff/candidates/:id/decision", h.staff(h.decide)},
		{post, "/staff/candidates/:id/claim", h.aside(h.staff(h.claim))},
		{post, "/staff/candidates/:id/release", h.staff(h.release)},
		{post, "/staff/candidates/:id/undo", h.staff(h.undo)},
		{post, "/staff/candidates/:id/back", h.staff(h.back)},
		{post, "/staff/candidates/:id/takeover", h.staff(h.takeOver)},
		{post, "/staff/photos/:id/turn", h.staff(h.turnPhoto)},
		{post, "/staff/candidates/:id/phone", h.staff(h.phone)},
		{get, "/staff/photos/:id/:kind", h.staff(h.photo)},
		{get, "/staff/candidates/:id/deadline", h.staff(h.deadline)},
		{post, "/staff/candidates/:id/deadline", h.staff(h.extend)},
		{get, noticesPath, h.staff(h.notices)},
		{post, noticesPath + "/:what", h.staff(h.steerNotices)},
		{post, noticesPath + "/phone/:id", h.staff(h.noticePhone)},

		{post, batchPath, h.staff(h.batch)},
		{post, batchesPath, h.staff(h.startBatch)},
		{get, batchesPath, h.staff(h.batches)},
		{get, batchesPath + "/:id", h.staff(h.batchProgress)},
		{post, batchesPath + "/:id/stop", h.staff(h.stopBatch)},
		{get, numbersPath, h.staff(h.numbers)},
		{get, numbersPath + "/:code", h.staff(h.numbersChart)},
		{get, "/staff/questions", h.staff(h.questions)},
		{post, "/staff/questions/:id", h.staff(h.answer)},

		{get, exportPath, h.staff(h.exports)},
		{post, exportPath + "/states", h.staff(h.recent(h.exportStates))},
		{post, exportPath + "/photos", h.staff(h.recent(h.exportPhotos))},
		{post, "/staff/candidates/:id/export", h.staff(h.recent(h.exportCandidate))},
		{get, "/staff/candidates/:id/case", h.staff(h.caseForms)},
		{post, "/staff/candidates/:id/unbind", h.staff(h.unbind)},
		{post, "/staff/candidates/:id/reopen", h.staff(h.reopen)},
		{post, "/staff/candidates/:id/person", h.staff(h.recent(h.exportPerson))},
		{get, "/staff/candidates/:id/erase", h.staff(h.recent(h.eraseForm))},
		{post, "/staff/candidates/:id/erase", h.staff(h.recent(h.erase))},
		{get, receiptsPath + "/:id", h.staff(h.receipt)},
		{get, codesPath, h.staff(h.codes)},
		{post, codesPath, h.staff(h.recent(h.makeCodes))},
		{get, rosterPath, h.staff(h.rosters)},
		{post, rosterPath, h.staff(h.uploadRoster)},
		{get, rosterPath + "/:id", h.staff(h.roster)},
		{post, rosterPath + "/:id/columns", h.staff(h.mapRoster)},
		{post, rosterPath + "/:id/import", h.staff(h.confirmRoster)},
		{post, rosterPath + "/:id/drop", h.staff(h.dropRoster)},
		{get, rosterPath + "/:id/problems/:format", h.staff(h.recent(h.rosterProblems))},

		{get, "/mine", h.page(h.mine)},
		{get, "/mine/back", h.page(h.mineBack)},
		{get, minePast, h.serve(h.mineOver)},
		{post, minePast, h.page(h.mineLogout)},
		{get, "/mine/photos/:id/:kind", h.page(h.minePhoto)},

		{get, "/privacy", h.serve(h.privacy)},
		{get, "/examples/:code", h.serve(h.example)},
		{get, "/static/:mark/:name", h.serve(h.static)},
		{get, "/healthz", h.serve(h.healthz)},
		{get, "/readyz", h.serve(h.readyz)},
		{get, "/", h.serve(h.root)},
		{get, "/staff", h.serve(h.root)},
	}
}
