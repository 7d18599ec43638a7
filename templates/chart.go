package templates

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"
)

// Chart is a picture of numbers that also stand in a table beside it. It is drawn without a
// background, in the colours of the pages.
type Chart struct {
	Lines  bool // series as lines over the labels; else bars, one label below the other
	Labels []string
	Series []ChartSeries
	Dark   bool
	Narrow bool // for a phone
}

// ChartSeries is one row of values, one for each label.
type ChartSeries struct {
	Name   string
	Values []float64
}

// The colours of app.css, in both modes: ink, lines, then one for each series.
var chartThemes = map[bool][]string{
	false: {"#17202b", "#d9dfe6", "#1f5fa6", "#1a7546", "#b9302a", "#8a5a00"},
	true:  {"#e8edf2", "#303a45", "#78b0f0", "#5cc990", "#ff8c84", "#e6b355"},
}

const chartFont = 13

// SVG draws the chart.
func (c Chart) SVG() ([]byte, error) {
	width, height := 720, 300
	if c.Narrow {
		width = 358
	}
	if !c.Lines {
		height = 40 + 30*len(c.Labels)*max(1, len(c.Series))
	}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: height, Theme: c.theme()})
	draw := c.drawBars
	if c.Lines {
		draw = c.drawLines
	}
	if err := draw(p); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	b, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return c.named(b), nil
}

func (c Chart) theme() charts.ColorPalette {
	var colors []charts.Color
	for _, hex := range chartThemes[c.Dark] {
		colors = append(colors, charts.ColorFromHex(hex))
	}
	return charts.MakeTheme(charts.ThemeOption{
		IsDarkMode: c.Dark, TextColor: colors[0], AxisStrokeColor: colors[1], AxisSplitLineColor: colors[1],
		BackgroundColor: charts.ColorTransparent, SeriesColors: colors[2:],
	})
}

// named lets the browser choose among its fonts as the pages do: the library's own has no Chinese.
func (c Chart) named(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte("font-family:'Roboto Medium',sans-serif"),
		[]byte(`font-family:system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif`))
}

func (c Chart) values() [][]float64 {
	var all [][]float64
	for _, s := range c.Series {
		all = append(all, slices.Clone(s.Values))
	}
	return all
}

func (c Chart) names() []string {
	var names []string
	for _, s := range c.Series {
		if s.Name != "" {
			names = append(names, wide(s.Name))
		}
	}
	return names
}

// wide makes room for Chinese: the library measures with a font that has none, and takes a
// character for half as wide as it is. What is added cannot be seen.
func wide(text string) string {
	n := 0
	for _, r := range text {
		if r >= 0x2E80 {
			n++
		}
	}
	return text + strings.Repeat("\u00a0", 2*n)
}

func (c Chart) drawBars(p *charts.Painter) error {
	values := c.values()
	for _, v := range values {
		slices.Reverse(v) // the library begins at the bottom
	}
	o := charts.NewBarChartOptionWithData(values)
	o.Theme = c.theme()
	o.Horizontal, o.BarSize = true, 0.8
	for i := range o.SeriesList {
		o.SeriesList[i].Label.Show = charts.Ptr(true)
		o.SeriesList[i].Label.FontStyle.FontSize = chartFont * 0.75
		o.SeriesList[i].Label.ValueFormatter = whole
	}
	for _, label := range slices.Backward(c.Labels) {
		o.CategoryAxis.Labels = append(o.CategoryAxis.Labels, wide(label))
	}
	o.CategoryAxis.LabelFontStyle.FontSize = chartFont * 0.75
	o.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.), Show: charts.Ptr(false)}}
	o.Legend = charts.LegendOption{SeriesNames: c.names(), FontStyle: charts.FontStyle{FontSize: chartFont * 0.75}}
	o.Padding = charts.Box{Left: 4, Right: 44, Top: 8, Bottom: 8}
	return p.BarChart(o)
}

func (c Chart) drawLines(p *charts.Painter) error {
	o := charts.NewLineChartOptionWithData(c.values())
	o.Theme = c.theme()
	o.XAxis.Labels = c.Labels
	o.XAxis.LabelFontStyle.FontSize = chartFont * 0.75
	o.XAxis.LabelCount = 8
	if c.Narrow {
		o.XAxis.LabelCount = 4
	}
	o.YAxis = []charts.YAxisOption{{Min: charts.Ptr(0.), ValueFormatter: whole, LabelFontStyle: charts.FontStyle{FontSize: chartFont * 0.75}}}
	o.Legend = charts.LegendOption{SeriesNames: c.names(), FontStyle: charts.FontStyle{FontSize: chartFont * 0.75}}
	o.Padding = charts.Box{Left: 4, Right: 12, Top: 8, Bottom: 8}
	o.Symbol = charts.Symbol{Shape: charts.SymbolNone}
	return p.LineChart(o)
}

func whole(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
