// SPDX-License-Identifier: Apache-2.0

// The page of bench/page.c and bench/loaded.c in the Go client: one GaugeVec of N series in memory, served by promhttp.
// Started by bench/page.py with an address and a number of series. Built from Debian's packages:
//
//	GOPATH=/usr/share/gocode GO111MODULE=off go build -o page page.go && ./page 127.0.0.1:9999 100000
package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func fill(count int) *prometheus.Registry {
	gauges := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "bench_requests_in_flight",
		Help: "Requests being answered, by instance, path and method",
	}, []string{"instance", "method", "path", "shard"})
	methods := []string{"POST", "GET"}
	for i := 0; i < count; i++ {
		gauges.WithLabelValues(
			fmt.Sprintf("app-%03d.example.internal:8080", i%1000),
			methods[i%2],
			fmt.Sprintf("/api/v1/orders/%02d", i/1000),
			fmt.Sprintf("%06d", i)).Set(float64(i) * 1.5)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(gauges)
	return registry
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: page ADDRESS SERIES")
		os.Exit(2)
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil || count < 1 {
		fmt.Fprintln(os.Stderr, "page: SERIES must be a number above 0, not", os.Args[2])
		os.Exit(2)
	}
	http.Handle("/metrics", promhttp.HandlerFor(fill(count), promhttp.HandlerOpts{}))
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[1], nil))
	os.Exit(1)
}
