// The bare encrypted echo of co-wechat on koa. Arguments: token, app id, EncodingAESKey. It says its
// address on file descriptor 3, and what it has used for every line on standard input.
'use strict';

const fs = require('fs');
const Koa = require('koa');
const wechat = require('co-wechat');

const [token, appid, encodingAESKey] = process.argv.slice(2);
const app = new Koa();
app.use(wechat({ token, appid, encodingAESKey }).middleware(async (message) => message.Content));
const server = app.listen(0, '127.0.0.1', () => {
  fs.writeSync(3, `http://127.0.0.1:${server.address().port}\n`);
});

process.stdin.on('data', (lines) => {
  for (const byte of lines) {
    if (byte !== 10) continue;
    const used = process.resourceUsage();
    fs.writeSync(3, JSON.stringify({ cpu: used.userCPUTime + used.systemCPUTime, rss: used.maxRSS * 1024 }) + '\n');
  }
});
process.stdin.on('end', () => process.exit(0));
