// Reads dashboards as strictly as Grafana's own types for Go can: a field that they do not know, a field that is missing and a value
// of another type are refused. Prints a line for each file; ends with 1 if one was refused.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("reads dashboards of grafana-foundation-sdk 0.0.22")
		return
	}
	// Options of panels and queries have types of their own.
	plugins.RegisterDefaultPlugins()

	refused := len(os.Args) < 2
	for _, path := range os.Args[1:] {
		if err := read(path); err != nil {
			fmt.Printf("%s: refused: %v\n", path, err)
			refused = true
		} else {
			fmt.Printf("%s: read\n", path)
		}
	}
	if refused {
		os.Exit(1)
	}
}

func read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var whole dashboard.Dashboard
	if err := found(whole.UnmarshalJSONStrict(text)); err != nil {
		return err
	}

	return found(whole.Validate())
}

// Returns the error, unless it is the empty list that the SDK returns where nothing is wrong: as an error, that is not nil.
func found(err error) error {
	var list cog.BuildErrors
	if errors.As(err, &list) && len(list) == 0 {
		return nil
	}

	return err
}
