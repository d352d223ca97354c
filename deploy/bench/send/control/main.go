// A control in the shape of listmonk's sender as its documentation and code describe it (one goroutine renders, workers send, RSET after
// each message, five round trips a message, no ledger). Own code, standard library only; not listmonk.
package main

import (
	"bytes"
	"fmt"
	"html/template"
	"mime/multipart"
	"mime/quotedprintable"
	"net/smtp"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna. "

type person struct {
	Number int
	Fields []string
	Links  []string
}

type message struct {
	to   string
	body []byte
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func part(writer *multipart.Writer, kind string, write func(*quotedprintable.Writer)) {
	header := textproto.MIMEHeader{}
	header.Set("Content-Type", kind+"; charset=utf-8")
	header.Set("Content-Transfer-Encoding", "quoted-printable")
	target, err := writer.CreatePart(header)
	check(err)
	encoder := quotedprintable.NewWriter(target)
	write(encoder)
	check(encoder.Close())
}

func render(html *template.Template, n int) message {
	who := person{Number: n}
	for i := 0; i < 10; i++ {
		who.Fields = append(who.Fields, fmt.Sprintf("Field %d of person %d", i, n))
		who.Links = append(who.Links, fmt.Sprintf("http://localhost:8080/t/token-of-person-%d-link-%d-padded-to-usual-length", n, i))
	}
	var body bytes.Buffer
	to := fmt.Sprintf("person%d@example.com", n)
	writer := multipart.NewWriter(&body)
	fmt.Fprintf(&body, "From: Toko <promo@toko.example>\r\nTo: %s\r\nSubject: Offer for person %d\r\nDate: %s\r\nMessage-ID: <%d@toko.example>\r\n"+
		"List-Unsubscribe: <http://localhost:8080/p/unsubscribe/%d>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/alternative; boundary=%s\r\n\r\n", to, n, time.Now().Format(time.RFC1123Z), n, n, writer.Boundary())
	part(writer, "text/plain", func(out *quotedprintable.Writer) {
		_, err := out.Write([]byte(strings.Join(who.Fields, "\n") + "\n" + strings.Repeat(filler, 8)))
		check(err)
	})
	part(writer, "text/html", func(out *quotedprintable.Writer) { check(html.Execute(out, who)) })
	check(writer.Close())
	return message{to, body.Bytes()}
}

func send(address string, queue <-chan message, done *sync.WaitGroup) {
	defer done.Done()
	client, err := smtp.Dial(address)
	check(err)
	check(client.Hello("control.example"))
	for next := range queue {
		check(client.Mail("promo@toko.example"))
		check(client.Rcpt(next.to))
		data, err := client.Data()
		check(err)
		_, err = data.Write(next.body)
		check(err)
		check(data.Close())
		check(client.Reset())
	}
	check(client.Quit())
}

// main takes HOST:PORT MESSAGES CONNECTIONS.
func main() {
	messages, connections := number(os.Args[2]), number(os.Args[3])
	html := template.Must(template.New("").Parse("<html><body>{{range $i, $f := .Fields}}<p>{{$f}} <a href=\"{{index $.Links $i}}\">Offer {{$i}}</a></p>\n{{end}}<p>" +
		strings.Repeat(filler, 32) + "</p></body></html>"))
	queue := make(chan message, connections*2)
	var done sync.WaitGroup
	for i := 0; i < connections; i++ {
		done.Add(1)
		go send(os.Args[1], queue, &done)
	}
	for n := 0; n < messages; n++ {
		queue <- render(html, n)
	}
	close(queue)
	done.Wait()
}
