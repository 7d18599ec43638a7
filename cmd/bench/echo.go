package main

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gin-gonic/gin"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/sirupsen/logrus"

	"cailiao/wechat"
)

// hireGin starts the floor of the text turn: gin and the SDK, which decrypt, repeat the text and encrypt, and know
// neither database nor candidates.
func hireGin(ctx context.Context, c wechat.Config) (*worker, error) {
	return hireSelf(ctx, "-echo", c.Token, c.AppID, c.EncodingAESKey)
}

// hireNode starts the same of co-wechat on koa, fetched by npm as its lock file says.
func hireNode(ctx context.Context, dir string, c wechat.Config) (*worker, error) {
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
	install.Dir = dir
	if err := install.Run(); err != nil {
		return nil, err
	}
	return hire(ctx, "node", filepath.Join(dir, "echo.js"), c.Token, c.AppID, c.EncodingAESKey)
}

// echo is the worker of hireGin, with nothing in its way: no log, no middleware.
func echo(_ context.Context, args []string) error {
	logrus.SetOutput(io.Discard)
	logrus.SetLevel(logrus.ErrorLevel)
	gin.SetMode(gin.ReleaseMode)
	account := officialaccount.NewOfficialAccount(&config.Config{
		Token: args[0], AppID: args[1], EncodingAESKey: args[2], Cache: cache.NewMemory(),
	})
	engine := gin.New()
	engine.POST("/wechat", func(c *gin.Context) {
		server := account.GetServer(c.Request, c.Writer)
		server.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText(m.Content)}
		})
		if err := server.Serve(); err != nil {
			c.Status(http.StatusForbidden)
			return
		}
		if err := server.Send(); err != nil {
			c.Status(http.StatusInternalServerError)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(ln, engine)
	return report(ln)
}

//go:embed cowechat/package.json cowechat/package-lock.json cowechat/echo.js
var cowechat embed.FS

// unpackNode puts co-wechat's echo into a folder of its own.
func unpackNode(dir string) (string, error) {
	files, err := fs.Sub(cowechat, "cowechat")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "cowechat")
	return dir, os.CopyFS(dir, files)
}
