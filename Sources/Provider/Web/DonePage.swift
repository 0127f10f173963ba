/// K15: what was done, what happens next, one way on.
struct DonePage: Sendable {
    var title: String
    var lead: String
    var primary: Brand.Link
    var secondary: Brand.Link?
    /// The stepper of the journey that ends here.
    var stepper: Stepper?

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: title, page: "done")
        let content: HTML = """
            \(stepper?.markup)
            <div class="card outcome">
            <span class="badge success">\(Marks.tick)</span>
            <h1>\(title)</h1>
            <p class="lead">\(lead)</p>
            <div class="actions">\(Button.link(primary.text, to: primary.url))\
            \(secondary.map { Button.link($0.text, to: $0.url, isPrimary: false) })</div>
            </div>
            """
        return Page(status: 200, document: layout.document(content, in: context))
    }
}
