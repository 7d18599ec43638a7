package intake

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// aroundSite are words people write around the name of an exam site, longer ones first.
var aroundSite = []string{
	"联系方式", "报名点", "考试点", "办公室", "电话号码", "考点", "考区", "人工", "客服", "电话", "联系", "号码", "地址", "多少", "哪里", "什么", "怎么", "请问", "你好",
	"我在", "我是", "我的", "老师", "一下", "在哪", "的", "是", "在", "呢", "吗", "啊", "吧", "了", "打", "问", "?", "？", ",", "，", "。",
}

// SitesNamed finds the exam sites somebody means in their own words, in the season's order: those whose name,
// with or without 考点 and 区, stands in the text, else those whose name or address holds what the text names.
func (s *Season) SitesNamed(text string) []Site {
	text = strings.Join(strings.Fields(text), "")
	for _, stem := range []func(name string) string{siteStem, placeStem} {
		found := s.sitesWhere(func(site Site) bool {
			return utf8.RuneCountInString(stem(site.Name)) >= 2 && strings.Contains(text, stem(site.Name))
		})
		if len(found) > 0 {
			return longest(found, stem)
		}
	}
	core := text
	for _, word := range aroundSite {
		core = strings.ReplaceAll(core, word, "")
	}
	if utf8.RuneCountInString(core) < 2 {
		return nil
	}
	return s.sitesWhere(func(site Site) bool {
		return strings.Contains(site.Name, core) || strings.Contains(site.Contact.Address, core)
	})
}

func (s *Season) sitesWhere(fits func(Site) bool) []Site {
	var found []Site
	for _, site := range s.Sites {
		if fits(site) {
			found = append(found, site)
		}
	}
	return found
}

// longest leaves out whose name is part of another's: who wrote 「南城第一医院」 does not mean 「第一医院」.
func longest(sites []Site, stem func(string) string) []Site {
	return slices.DeleteFunc(slices.Clone(sites), func(short Site) bool {
		return slices.ContainsFunc(sites, func(long Site) bool {
			return stem(long.Name) != stem(short.Name) && strings.Contains(stem(long.Name), stem(short.Name))
		})
	})
}

func siteStem(name string) string {
	for _, tail := range []string{"办公室", "考试点", "报名点", "考点"} {
		name = strings.TrimSuffix(name, tail)
	}
	return name
}

func placeStem(name string) string {
	name = siteStem(name)
	for _, tail := range []string{"区", "县", "市"} {
		if short, ok := strings.CutSuffix(name, tail); ok {
			return short
		}
	}
	return name
}
