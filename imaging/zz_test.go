package imaging
import ("testing";"os";"context")
func BenchmarkZ(b *testing.B){ d,_:=os.ReadFile("/work/shared/photos/worklist_2_recapture_1.jpg"); w:=New(Config{}); st:=map[string]float64{}; for range b.N { t,_:=w.Take(context.Background(),d); for _,s:=range t.Stages { st[s.Name]+=s.Took.Seconds()*1000 } }; for k,v:=range st { b.ReportMetric(v/float64(b.N),k) } }
