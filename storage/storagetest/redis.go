package storagetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"cailiao/storage"
)

const redisPassword = "password-of-tests"

// RedisServers are real Redis servers of a test, several of them that belong together.
type RedisServers struct {
	Config storage.RedisConfig

	t       testing.TB
	dir     string
	servers map[string]*os.Process // by address
}

// StartSentinels starts a master, a replica and three sentinels.
func StartSentinels(t testing.TB) *RedisServers {
	t.Helper()
	s := &RedisServers{t: t, dir: t.TempDir(), servers: map[string]*os.Process{}}
	master, replica := freePort(t), freePort(t)
	s.start(master)
	s.start(replica, "--replicaof", "127.0.0.1", fmt.Sprint(master))
	s.Config = storage.RedisConfig{Master: "cailiao", Password: redisPassword, SentinelPassword: redisPassword}
	for range 3 {
		port := freePort(t)
		file := filepath.Join(s.dir, fmt.Sprintf("sentinel-%d.conf", port)) // sentinels write into theirs
		conf := fmt.Sprintf(`sentinel monitor cailiao 127.0.0.1 %d 2
sentinel auth-pass cailiao %s
sentinel down-after-milliseconds cailiao 500
sentinel failover-timeout cailiao 3000
`, master, redisPassword)
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Config.Sentinels = append(s.Config.Sentinels, s.run(port, file, "--sentinel"))
	}
	for _, addr := range s.Config.Sentinels {
		client := redis.NewSentinelClient(&redis.Options{Addr: addr, Password: redisPassword})
		defer client.Close()
		await(s.t, "the sentinels to know each other and the replica", func(ctx context.Context) bool {
			replicas, err := client.Replicas(ctx, "cailiao").Result()
			others, otherErr := client.Sentinels(ctx, "cailiao").Result()
			return err == nil && otherErr == nil && len(others) == 2 && len(replicas) == 1 && replicas[0]["master-link-status"] == "ok"
		})
	}
	return s
}

// StartCluster starts three masters that share the slots, each with so many replicas.
func StartCluster(t testing.TB, replicas int) *RedisServers {
	t.Helper()
	s := &RedisServers{t: t, dir: t.TempDir(), servers: map[string]*os.Process{}}
	s.Config.Password = redisPassword
	all := 3 + 3*replicas
	for range all {
		port := freePort(t)
		s.Config.Cluster = append(s.Config.Cluster, s.start(port, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
			"--cluster-port", fmt.Sprint(freePort(t)), "--cluster-config-file", fmt.Sprintf("nodes-%d.conf", port)))
	}
	create := exec.Command("redis-cli", append([]string{"-a", redisPassword, "--no-auth-warning", "--cluster", "create"},
		append(s.Config.Cluster, "--cluster-yes", "--cluster-replicas", fmt.Sprint(replicas))...)...)
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("redis-cli: %v\n%s", err, out)
	}
	for _, addr := range s.Config.Cluster {
		client := redis.NewClient(&redis.Options{Addr: addr, Password: redisPassword})
		defer client.Close()
		await(s.t, "the cluster to be whole", func(ctx context.Context) bool {
			info, err := client.ClusterInfo(ctx).Result()
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", all)) {
				return false
			}
			role, err := client.Info(ctx, "replication").Result()
			return err == nil && (strings.Contains(role, "role:master") || strings.Contains(role, "master_link_status:up")) &&
				(replicas == 0 || !strings.Contains(role, "connected_slaves:0") || strings.Contains(role, "role:slave"))
		})
	}
	return s
}

// StartRedis starts one server with a password.
func StartRedis(t testing.TB) storage.RedisConfig {
	t.Helper()
	s := &RedisServers{t: t, dir: t.TempDir(), servers: map[string]*os.Process{}}
	return storage.RedisConfig{Addr: s.start(freePort(t)), Password: redisPassword}
}

// Master is the address of the one that takes writes of a key now.
func (s *RedisServers) Master(key string) string {
	s.t.Helper()
	ctx := context.Background()
	for _, addr := range s.Config.Sentinels {
		client := redis.NewSentinelClient(&redis.Options{Addr: addr, Password: redisPassword})
		defer client.Close()
		if host, err := client.GetMasterAddrByName(ctx, "cailiao").Result(); err == nil {
			return net.JoinHostPort(host[0], host[1])
		}
	}
	for _, addr := range s.Config.Cluster {
		client := redis.NewClient(&redis.Options{Addr: addr, Password: redisPassword, MaxRetries: -1, DialerRetries: 1})
		defer client.Close()
		slot, err := client.ClusterKeySlot(ctx, key).Result()
		if err != nil {
			continue // this one is dead
		}
		slots, err := client.ClusterSlots(ctx).Result()
		at := slices.IndexFunc(slots, func(s redis.ClusterSlot) bool { return int64(s.Start) <= slot && slot <= int64(s.End) })
		if err == nil && at >= 0 {
			return slots[at].Nodes[0].Addr // the master comes first
		}
	}
	s.t.Fatal("nobody knows the master")
	return ""
}

// Kill ends a server as a power cut would.
func (s *RedisServers) Kill(addr string) {
	s.t.Helper()
	if err := s.servers[addr].Kill(); err != nil {
		s.t.Fatalf("kill %s: %v", addr, err)
	}
}

func (s *RedisServers) start(port int, args ...string) (addr string) {
	return s.run(port, append([]string{"--masterauth", redisPassword, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"}, args...)...)
}

// run starts a server with a password.
func (s *RedisServers) run(port int, args ...string) (addr string) {
	s.t.Helper()
	args = append(args, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", s.dir, "--requirepass", redisPassword)
	cmd := exec.Command("redis-server", args...)
	addr = fmt.Sprintf("127.0.0.1:%d", port)
	s.servers[addr] = start(s.t, cmd)
	client := redis.NewClient(&redis.Options{Addr: addr, Password: redisPassword})
	defer client.Close()
	await(s.t, "redis-server "+strings.Join(args, " "), func(ctx context.Context) bool { return client.Ping(ctx).Err() == nil })
	return addr
}

// Empty forgets everything in r, on every server of a cluster.
func Empty(t testing.TB, r *storage.Redis) {
	t.Helper()
	err := r.Client().FlushDB(context.Background()).Err()
	if cluster, ok := r.Client().(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(context.Background(), func(ctx context.Context, one *redis.Client) error { return one.FlushDB(ctx).Err() })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// StartRedisTLS starts a server that speaks TLS only and asks for a certificate of the same
// authority.
func StartRedisTLS(t testing.TB, c Certificates) (addr string) {
	t.Helper()
	port := freePort(t)
	start(t, exec.Command("redis-server", "--port", "0", "--tls-port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "",
		"--dir", t.TempDir(), "--tls-cert-file", c.Cert, "--tls-key-file", c.Key, "--tls-ca-cert-file", c.CA))
	addr = fmt.Sprintf("127.0.0.1:%d", port)
	awaitListener(t, "redis-server", addr)
	return addr
}
