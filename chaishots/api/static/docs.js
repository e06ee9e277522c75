// Shows the contract in #docs; requests that are tried go to this host, with the token from "Authorize".
const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.contract,
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
