// Renders a chart as `helm template` does, for machines without helm: templates, sprig, Helm's own functions, dependencies from
// file:// with aliases and conditions. No hooks are run, no cluster is asked (lookup finds nothing, as in `helm template`).
//
// usage: renderer CHART [-f VALUES]... [--release NAME] [--namespace NAME] [--effective-values]
//
// Prints one YAML stream with "# Source:" lines; with --effective-values a JSON object: chart path to the values that its schema
// must accept. A failing template ends with its message and exit code 1.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/ghodss/yaml"
)

type values = map[string]interface{}

type dependency struct {
	Name, Repository, Alias, Condition string
}

type metadata struct {
	Name, Version, AppVersion string
	Dependencies              []dependency
}

// chart is one chart under the name that it has in its parent.
type chart struct {
	meta      metadata
	dir, path string
	values    values
	templates map[string]string
	files     fileSet
	children  []*chart
}

func main() {
	dir, files, release, namespace, effective := arguments(os.Args[1:])
	given := values{}
	for _, file := range files {
		merge(given, read(file))
	}
	root := load(dir, "", given, values{})
	if effective {
		all := map[string]values{}
		collect(root, all)
		check(json.NewEncoder(os.Stdout).Encode(all))
		return
	}
	render(root, release, namespace)
}

func arguments(args []string) (dir string, files []string, release, namespace string, effective bool) {
	release, namespace = "crm", "crm"
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-f":
			i++
			files = append(files, args[i])
		case "--release":
			i++
			release = args[i]
		case "--namespace":
			i++
			namespace = args[i]
		case "--effective-values":
			effective = true
		default:
			dir = args[i]
		}
	}
	if dir == "" {
		stop(fmt.Errorf("usage: renderer CHART [-f VALUES]... [--release NAME] [--namespace NAME] [--effective-values]"))
	}
	return
}

// load reads a chart and those below it; given are the values from above, global those that every chart sees.
func load(dir, alias string, given, global values) *chart {
	c := &chart{dir: dir, templates: map[string]string{}, files: fileSet{}}
	content, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	check(err)
	check(yaml.UnmarshalStrict(content, &metadataFile{metadata: &c.meta}))
	if alias != "" {
		c.meta.Name = alias
	}
	c.path = c.meta.Name
	c.values = read(filepath.Join(dir, "values.yaml"))
	merge(c.values, given)
	shared, _ := c.values["global"].(values)
	if shared == nil {
		shared = values{}
	}
	merge(shared, global)
	c.values["global"] = shared
	check(filepath.Walk(filepath.Join(dir, "templates"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(dir, path)
		c.templates[relative] = string(text)
		return err
	}))
	check(filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		relative, _ := filepath.Rel(dir, path)
		if err != nil || info.IsDir() || strings.HasPrefix(relative, "templates"+string(filepath.Separator)) {
			return err
		}
		c.files[relative], err = os.ReadFile(path)
		return err
	}))
	for _, d := range c.meta.Dependencies {
		name := d.Alias
		if name == "" {
			name = d.Name
		}
		below, _ := c.values[name].(values)
		child := load(filepath.Join(dir, strings.TrimPrefix(d.Repository, "file://")), name, below, shared)
		child.path = c.path + "/charts/" + name
		if d.Condition == "" || truth(child.values, c.values, d.Condition) {
			c.children = append(c.children, child)
		}
	}
	without(c.values)
	return c
}

// metadataFile accepts the members of Chart.yaml that the renderer does not need.
type metadataFile struct{ *metadata }

func (m *metadataFile) UnmarshalJSON(content []byte) error {
	return json.Unmarshal(content, m.metadata)
}

// truth looks a condition such as "customer.enabled" up in the parent's values, then in the child's own defaults.
func truth(child, parent values, condition string) bool {
	parts := strings.SplitN(condition, ".", 2)
	for _, place := range []interface{}{parent[parts[0]], interface{}(child)} {
		if table, ok := place.(values); ok {
			if enabled, ok := table[parts[1]].(bool); ok {
				return enabled
			}
		}
	}
	return true
}

func collect(c *chart, all map[string]values) {
	all[c.dir+"#"+c.path] = c.values
	for _, child := range c.children {
		collect(child, all)
	}
}

func render(root *chart, release, namespace string) {
	var engine *template.Template
	functions := sprig.TxtFuncMap()
	delete(functions, "env")
	delete(functions, "expandenv")
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := engine.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["tpl"] = func(text string, data interface{}) (string, error) {
		copied, err := engine.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := copied.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		err = parsed.Execute(&out, data)
		return out.String(), err
	}
	functions["required"] = func(message string, value interface{}) (interface{}, error) {
		if text, isText := value.(string); value == nil || (isText && text == "") {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	functions["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	functions["lookup"] = func(string, string, string, string) values { return values{} }
	functions["toYaml"] = func(value interface{}) string {
		out, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(out), "\n")
	}
	functions["fromYaml"] = func(text string) values {
		out := values{}
		if err := yaml.Unmarshal([]byte(text), &out); err != nil {
			out["Error"] = err.Error()
		}
		return out
	}
	functions["fromJson"] = functions["fromYaml"]

	engine = template.New("charts").Funcs(functions).Option("missingkey=zero")
	parse(engine, root)
	manifests(engine, root, release, namespace)
}

func parse(engine *template.Template, c *chart) {
	for name, text := range c.templates {
		_, err := engine.New(c.path + "/" + name).Parse(text)
		check(err)
	}
	for _, child := range c.children {
		parse(engine, child)
	}
}

func manifests(engine *template.Template, c *chart, release, namespace string) {
	names := []string{}
	for name := range c.templates {
		if base := filepath.Base(name); !strings.HasPrefix(base, "_") && base != "NOTES.txt" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		data := values{
			"Values":  c.values,
			"Chart":   values{"Name": c.meta.Name, "Version": c.meta.Version, "AppVersion": c.meta.AppVersion},
			"Release": values{"Name": release, "Namespace": namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
			"Capabilities": values{
				"KubeVersion": values{"Version": "v1.32.0", "Major": "1", "Minor": "32"},
			},
			"Files":    c.files,
			"Template": values{"Name": c.path + "/" + name, "BasePath": c.path + "/templates"},
		}
		var out bytes.Buffer
		check(engine.ExecuteTemplate(&out, c.path+"/"+name, data))
		text := strings.TrimSpace(strings.ReplaceAll(out.String(), "<no value>", ""))
		if text == "" {
			continue
		}
		for _, document := range strings.Split("\n"+text, "\n---") {
			if strings.TrimSpace(document) != "" {
				fmt.Printf("---\n# Source: %s/%s\n%s\n", c.path, name, strings.TrimSpace(document))
			}
		}
	}
	for _, child := range c.children {
		manifests(engine, child, release, namespace)
	}
}

// fileSet are those of a chart that are no templates, as .Files offers them.
type fileSet map[string][]byte

func (f fileSet) Get(name string) string { return string(f[name]) }

func (f fileSet) Glob(pattern string) fileSet {
	found := fileSet{}
	for name, content := range f {
		if matched, err := filepath.Match(pattern, name); err == nil && matched {
			found[name] = content
		}
	}
	return found
}

func read(path string) values {
	content, err := os.ReadFile(path)
	check(err)
	table := values{}
	check(yaml.Unmarshal(content, &table))
	return table
}

// merge puts what is in over on top of base; a null stays one until without takes it, and with it the default, away.
func merge(base, over values) {
	for key, value := range over {
		if table, ok := value.(values); ok {
			if below, ok := base[key].(values); ok {
				merge(below, table)
				continue
			}
			copied := values{}
			merge(copied, table)
			value = copied
		}
		base[key] = value
	}
}

func without(nulls values) {
	for key, value := range nulls {
		if value == nil {
			delete(nulls, key)
		} else if table, ok := value.(values); ok {
			without(table)
		}
	}
}

func check(err error) {
	if err != nil {
		stop(err)
	}
}

func stop(err error) {
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(1)
}
