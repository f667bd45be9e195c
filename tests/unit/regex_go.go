// SPDX-License-Identifier: Apache-2.0

// Writes tests/unit/regex_go.txt anew with what Go's regexp answers:
//
//	go run tests/unit/regex_go.go < tests/unit/regex_go.txt > new.txt
//
// A line is pattern, text and answer, separated by tabs; bytes outside printable ASCII, spaces
// and % are %XX. The answer is "error", "none" or the groups' offsets as from-to, - for none.
package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
)

func answer(pattern, text string) string {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "error"
	}
	at := re.FindStringSubmatchIndex(text)
	if at == nil {
		return "none"
	}
	groups := []string{}
	for i := 0; i < len(at); i += 2 {
		group := "-"
		if at[i] >= 0 {
			group = fmt.Sprintf("%d-%d", at[i], at[i+1])
		}
		groups = append(groups, group)
	}
	return strings.Join(groups, " ")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "# ") || len(fields) < 2 {
			fmt.Println(lines.Text())
			continue
		}
		pattern, err := url.PathUnescape(fields[0])
		text, err2 := url.PathUnescape(fields[1])
		if err != nil || err2 != nil {
			panic(lines.Text())
		}
		fmt.Println(fields[0] + "\t" + fields[1] + "\t" + answer(pattern, text))
	}
}
