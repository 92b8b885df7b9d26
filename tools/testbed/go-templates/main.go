// Renders templates with Go's text/template and sprig, for the comparison with libs/config-rendering. Reads a JSON list of
// {"name", "template", "data"} and prints a list of {"name", "output"} or {"name", "error"}, in the same order.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// The name of every template. The test uses the same name for libs/config-rendering.
const file = "file"

type request struct {
	Name     string          `json:"name"`
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data"`
}

type answer struct {
	Name   string  `json:"name"`
	Output *string `json:"output,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func main() {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		fmt.Fprintln(os.Stderr, "reading the templates:", err)
		os.Exit(1)
	}
	answers := make([]answer, 0, len(requests))
	for _, r := range requests {
		output, err := render(r)
		if err != nil {
			answers = append(answers, answer{Name: r.Name, Error: err.Error()})
		} else {
			answers = append(answers, answer{Name: r.Name, Output: &output})
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "writing the answers:", err)
		os.Exit(1)
	}
}

func render(r request) (string, error) {
	data, err := decode(r.Data)
	if err != nil {
		return "", err
	}
	parsed, err := template.New(file).Funcs(sprig.TxtFuncMap()).Parse(r.Template)
	if err != nil {
		return "", err
	}
	var output bytes.Buffer
	if err := parsed.Execute(&output, data); err != nil {
		return "", err
	}
	return output.String(), nil
}

// decode reads JSON as Kubernetes does for unstructured objects (sigs.k8s.io/json): a number is an int64 if it is
// written as one and fits, else a float64.
func decode(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var data any
	if err := decoder.Decode(&data); err != nil {
		return nil, err
	}
	return convert(data)
}

func convert(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return v.Float64()
	case []any:
		for i := range v {
			converted, err := convert(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = converted
		}
	case map[string]any:
		for key := range v {
			converted, err := convert(v[key])
			if err != nil {
				return nil, err
			}
			v[key] = converted
		}
	}
	return value, nil
}
